// Splits usernames, names and queries into the words of the search index.

/** A parsed query. A user matches if its `search_words` contain all of `usernames`, or all of `names`. */
export type Search = {
  /** The same condition for the index `user_search`, in Lucene's syntax. It sorts by `search_rank`, the most followed users first. */
  lucene: string
  /** The query itself in lower case, if it could be a username. */
  username: string | null
  usernames: string[]
  /** Empty if only usernames are searched. */
  names: string[]
}

/** The maximum length of a query in code points; names have at most 50, usernames 20. */
export const MAX_QUERY = 200

// What is removed: accents, points and tone marks of all scripts, and the Arabic tatweel, which only stretches words. Vowel signs stay.
const MARKS = /(?=[\p{Script=Inherited}\p{Diacritic}])[\p{Mn}\p{Me}]|\u0640/gu
// Letters that many people type without the stroke or ligature, and that Unicode does not decompose.
const LETTERS: Record<string, string> = {
  æ: 'ae',
  ð: 'd',
  ø: 'o',
  þ: 'th',
  đ: 'd',
  ħ: 'h',
  ł: 'l',
  œ: 'oe',
  ŧ: 't',
  ς: 'σ',
}
const STROKED = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g')
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
// Limits for names that were written by hand: the API accepts none that are longer, and Lucene refuses a word of 32 kB.
const MAX_WORD_LENGTH = 64
const MAX_WORDS = 64

// Each stored word has a capital letter in front, which says whether it is from the username or the name, and whether it is the whole word
// or a prefix of it. The words themselves are in lower case, so none can be an operator of Lucene's (AND, OR).
const KINDS = { username: { whole: 'U', short: 'P' }, name: { whole: 'N', short: 'Q' } } as const
type Kind = (typeof KINDS)[keyof typeof KINDS]
// Prefixes of up to four characters are stored as words. Otherwise Lucene would have to visit every word that begins with a short query,
// and for a single letter that is as many words as there are users (docs/decisions/016).
const MAX_PREFIX = 4

/** The values of `search_rank`, the lowest first. The first is for 4 followers and more, and each next one for four times as many. */
export const RANKS = 'abcdefghijklmno'

/** Removes differences that a search ignores: case, accents, and different forms of the same letter. */
function folded(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase()
  const plain = (part: string) => part.normalize('NFKD').replace(MARKS, '')
  // By way of upper case, which turns "ß" into "SS"; but first to lower case, because the capital "ẞ" has no other upper case.
  const lower = plain(plain(text).toLowerCase().toUpperCase().toLowerCase())
  return lower.replace(STROKED, (letter) => LETTERS[letter] as string).normalize('NFC')
}

function wordsOf(text: string): string[] {
  const words = folded(text).match(WORD) ?? []
  const short = words.map((word) => [...word].slice(0, MAX_WORD_LENGTH).join(''))
  return [...new Set(short)].slice(0, MAX_WORDS)
}

/** The property `search_words` of a user: its words, each with a space before it. */
export function searchWords(username: string, name: string): string {
  const of = (text: string, { whole, short }: Kind) =>
    wordsOf(text).flatMap((word) => [
      whole + word,
      ...Array.from({ length: MAX_PREFIX }, (_, n) => short + [...word].slice(0, n + 1).join('')),
    ])
  const words = new Set([...of(username, KINDS.username), ...of(name, KINDS.name)])
  return [...words].map((word) => ` ${word}`).join('')
}

/** Parses a query; null if it contains no word. */
export function searchOf(text: string): Search | null {
  const trimmed = text.trim()
  const onlyUsernames = trimmed.startsWith('@')
  const words = wordsOf(trimmed)
  // A word that is a prefix of another one adds nothing: "j john" is "john".
  const wanted = words.filter((word) => !words.some((other) => other !== word && other.startsWith(word)))
  if (wanted.length === 0) return null
  const username = folded(onlyUsernames ? trimmed.slice(1) : trimmed)
  const kinds = onlyUsernames ? [KINDS.username] : [KINDS.username, KINDS.name]
  const all = ({ whole, short }: Kind) =>
    wanted.map((word) =>
      [...word].length <= MAX_PREFIX ? `+search_words:${short}${word}` : `+search_words:${whole}${word}*`,
    )
  const ranks = [...RANKS].map((rank, n) => `search_rank:${rank}*^${1000 * (n + 1)}`)
  const storedWords = (kind: Kind) => wanted.map((word) => ` ${kind.whole}${word}`)
  return {
    lucene: `+(${kinds.map((kind) => `(${all(kind).join(' ')})`).join(' ')}) ${ranks.join(' ')}`,
    username: /^[a-z0-9_]{1,20}$/.test(username) ? username : null,
    usernames: storedWords(KINDS.username),
    names: onlyUsernames ? [] : storedWords(KINDS.name),
  }
}
