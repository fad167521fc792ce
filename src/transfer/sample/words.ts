// The words of the sample community: names, places and topics.

type Culture = {
  locale: string
  timezones: readonly string[]
  given: readonly string[]
  family: readonly string[]
}

const words = (text: string): readonly string[] => text.split(' ')

/** Given and family names that go together, with time zones. The family name is always last. */
export const CULTURES: readonly Culture[] = [
  {
    locale: 'en_US',
    timezones: ['America/New_York', 'America/Chicago', 'America/Los_Angeles'],
    given: words(
      'Ada Alice Ben Carla Cody Dana Eli Fern Grace Hank Iris June Kit Leo Mabel Nora Owen Pearl Quinn Ruth Silas Tess',
    ),
    family: words(
      'Abbott Barlow Carver Dalton Ellery Foster Garland Hollis Ingram Jarvis Keller Lowell Mercer Norwood Prescott Thorne',
    ),
  },
  {
    locale: 'en_GB',
    timezones: ['Europe/London'],
    given: words(
      'Alfie Bronwyn Callum Daisy Ewan Fiona Gareth Harriet Imogen Jago Kirsty Lewis Morag Nigel Poppy Rhys Sorcha Una',
    ),
    family: words(
      'Ashdown Blackwood Calder Dunmore Fairfax Glynn Hargreave Kinnear Lockwood MacRae Penrose Ravenhill Sutcliffe Wren',
    ),
  },
  {
    locale: 'de_DE',
    timezones: ['Europe/Berlin', 'Europe/Zurich'],
    given: words(
      'Anke Bernd Clara Dieter Elke Fritz Greta Heiko Ingrid Jörg Käthe Lena Matthias Nele Otto Petra Ruben Sönke Ute',
    ),
    family: words(
      'Ackermann Böhm Conrad Dreyer Eberle Falk Größer Hartwig Jansen Köhler Lindner Möller Neubauer Pohl Rüdiger Voß',
    ),
  },
  {
    locale: 'fr_FR',
    timezones: ['Europe/Paris'],
    given: words(
      'Amélie Bastien Chloé Didier Élodie Fabrice Gaëlle Hugo Inès Jérôme Lucie Manon Noé Océane Pascal Rémi Solène Yves',
    ),
    family: words(
      'Aubert Besson Chevalier Delorme Fournel Garnier Hébert Lacroix Marchal Nivet Perrault Roussel Thibault Vasseur',
    ),
  },
  {
    locale: 'es_ES',
    timezones: ['Europe/Madrid', 'America/Mexico_City', 'America/Bogota'],
    given: words(
      'Alba Bruno Carmen Diego Elena Felipe Gloria Hernán Inés Joaquín Lucía Mateo Nuria Óscar Pilar Ramón Sofía Tomás',
    ),
    family: words(
      'Acosta Benítez Castaño Duarte Escobar Fuentes Gálvez Ibarra Jurado Luján Montes Núñez Ortega Peralta Quiroga Rivas',
    ),
  },
  {
    locale: 'pl_PL',
    timezones: ['Europe/Warsaw'],
    given: words(
      'Agata Bartek Celina Dawid Ewelina Grażyna Hubert Jagoda Kuba Łucja Michał Natalia Olek Patrycja Szymon Zofia',
    ),
    family: words(
      'Adamczyk Bielak Czajka Dębski Gajda Jaworek Kłos Lisek Malinowski Nowicki Pawlak Rogala Sowa Wrona Żak',
    ),
  },
  {
    locale: 'sv_SE',
    timezones: ['Europe/Stockholm', 'Europe/Oslo'],
    given: words(
      'Agnes Björn Cecilia Elin Frida Gustav Håkan Ida Jonas Kerstin Lars Maja Nils Östen Pernilla Rune Sigrid Åsa',
    ),
    family: words(
      'Åberg Bergman Dahl Ekström Forsell Granlund Hedin Isaksson Källman Lundqvist Nyberg Öberg Rosén Sjögren Wallin',
    ),
  },
  {
    locale: 'en_NG',
    timezones: ['Africa/Lagos', 'Africa/Accra'],
    given: words(
      'Abiola Bayo Chidi Dayo Ebele Femi Gbenga Ifeoma Jide Kelechi Lola Ngozi Obi Segun Tunde Uche Yemi Zainab',
    ),
    family: words(
      'Adeyemi Balogun Chukwu Danjuma Eze Falade Ibekwe Kalu Lawal Nwosu Okoye Olawale Sanusi Umeh Yusuf',
    ),
  },
  {
    locale: 'hi_IN',
    timezones: ['Asia/Kolkata'],
    given: words(
      'Aarav Bhavna Chetan Divya Esha Farhan Gauri Harsh Ishaan Jaya Kavya Lakshmi Manoj Neha Pooja Rohan Sunita Vikram',
    ),
    family: words(
      'Agarwal Bhatt Chauhan Desai Ghosh Iyer Joshi Kulkarni Mehta Nair Patil Rao Saxena Thakur Verma',
    ),
  },
  {
    locale: 'ja_JP',
    timezones: ['Asia/Tokyo'],
    given: words('Aiko Daichi Emi Fumiko Haruto Itsuki Kaori Makoto Naoki Reika Sakura Takeshi Umeko Yuki'),
    family: words('Aoki Endo Fujita Hayashi Ishida Kimura Matsuda Nakano Okada Sakai Takagi Ueda Yamane'),
  },
  {
    locale: 'pt_BR',
    timezones: ['America/Sao_Paulo', 'Europe/Lisbon'],
    given: words(
      'Aline Bento Caio Débora Enzo Flávia Gil Heloísa Ivo Joana Luan Marília Nuno Otávio Raquel Tainá Vítor',
    ),
    family: words(
      'Almeida Barbosa Cardoso Duarte Esteves Falcão Gouveia Lacerda Macedo Nogueira Pires Queiroz Sampaio Teixeira',
    ),
  },
  {
    locale: 'tr_TR',
    timezones: ['Europe/Istanbul'],
    given: words(
      'Aylin Barış Cem Defne Emre Fatma Gökhan Hale İpek Kemal Leyla Mert Nazlı Orhan Selin Umut Zeynep',
    ),
    family: words('Aksoy Bulut Çelik Demir Erdoğdu Güneş Kaplan Koç Öztürk Polat Şahin Tekin Uçar Yıldız'),
  },
]

/** Letters of these names that Unicode decomposition does not turn into ASCII. */
export const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  ł: 'l',
  Ł: 'L',
  ı: 'i',
  ø: 'o',
  đ: 'd',
}

export const TRADES = words(
  'baker teacher nurse gardener carpenter translator librarian photographer cellist engineer geologist potter cartographer beekeeper editor sailor',
)

export const TOPICS = words(
  'coffee cycling maps birds typography chess sourdough astronomy jazz gardening rust graphs haiku hiking pottery radio trains opendata',
)

export const PLACES = words(
  'Aberdeen Bologna Cartagena Dakar Esbjerg Freiburg Galway Hobart Izmir Jaipur Kyoto Leiden Malmö Nantes Oaxaca Poznań',
)

export const FEED_TOPICS = words(
  'weather harbour transit library museum science music football recipes earthquakes auctions ferry cinema election aurora',
)

export const BOT_TASKS = words(
  'haiku echo tide moon dice word sunrise chess colour map quote weather prime palindrome crossword reminder',
)
