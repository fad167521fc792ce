// A user's description: what the HTML says of the text, for examples and for any text.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describe } from '../../src/users/text.ts'

const OUTER = '<span itemscope="https://app.net/schemas/Post">'
const users = new Map([
  ['bo', '3'],
  ['ada', '1'],
])

test('every kind of entity, marked up as docs/api.md says', () => {
  const text = '@Bo & @nobody\r\n#API: App.net <b>'
  expect(describe(text, users)).toEqual({
    text,
    html:
      `${OUTER}<span data-mention-id="3" data-mention-name="bo" itemprop="mention">@Bo</span> &amp; @nobody<br>` +
      '<span data-hashtag-name="api" itemprop="hashtag">#API</span>: <a href="http://App.net">App.net</a> &lt;b&gt;</span>',
    entities: {
      mentions: [{ name: 'bo', id: '3', pos: 0, len: 3 }],
      hashtags: [{ name: 'api', pos: 15, len: 4 }],
      links: [{ text: 'App.net', url: 'http://App.net', pos: 21, len: 7 }],
    },
  })
})

test('an address is escaped in its attribute as well as in the text', () => {
  expect(describe("http://x.com/?a=1&b='c'", users).html).toBe(
    `${OUTER}<a href="http://x.com/?a=1&amp;b=&#39;c&#39;">http://x.com/?a=1&amp;b=&#39;c&#39;</a></span>`,
  )
})

test('line breaks of all systems', () => {
  expect(describe('a\nb\r\nc\rd\n\re', users).html).toBe(`${OUTER}a<br>b<br>c<br>d<br><br>e</span>`)
})

test('an empty text', () => {
  expect(describe('', users)).toEqual({
    text: '',
    html: `${OUTER}</span>`,
    entities: { mentions: [], hashtags: [], links: [] },
  })
})

const piece = fc.oneof(
  fc.constantFrom(
    '@bo',
    '@Ada',
    '@nobody',
    '#tag',
    '#日本',
    'App.net',
    'http://x.com/a_(b)',
    'https://é.example.com/?a=1&b="c"',
  ),
  fc.constantFrom(
    ' ',
    '\n',
    '\r\n',
    '\r',
    '<',
    '>',
    '&',
    '"',
    "'",
    '.',
    ':',
    '(',
    ')',
    '@',
    '#',
    '/',
    '_',
    '&lt;',
    '<br>',
    '</span>',
  ),
  fc.constantFrom('谢谢', 'は', 'ที่', '\u200f', '\u2066', '-', '=', '~', '~App.net', 'http://x.com'),
  fc.constantFrom('😀', '❤️', '\u0301', '\u202e', 'שלום', '\ud800', '\udc00', 'a', '7', '\u200d', '\0'),
  fc.string({ unit: 'binary', maxLength: 5 }),
)
const anyText = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))
const anyUsers = fc
  .subarray(['bo', 'ada', 'nobody', 'a', '7'])
  .map((names) => new Map(names.map((name, index) => [name, String(index + 1)])))

function textOf(html: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return html.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => characters[name] as string)
}

test('any text: places point at the entity, in order, none on another', () => {
  fc.assert(
    fc.property(anyText, anyUsers, (text, ids) => {
      const points = Array.from(text)
      const { entities } = describe(text, ids)
      const written = ({ pos, len }: { pos: number; len: number }) => points.slice(pos, pos + len).join('')
      for (const mention of entities.mentions) {
        expect(written(mention).toLowerCase()).toBe(`@${mention.name}`)
        expect(mention.id).toBe(ids.get(mention.name))
      }
      for (const hashtag of entities.hashtags) expect(written(hashtag).toLowerCase()).toBe(`#${hashtag.name}`)
      for (const link of entities.links) {
        expect(written(link)).toBe(link.text)
        expect(link.url).toMatch(/^https?:\/\//i)
        expect(link.text).not.toMatch(/[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/)
        expect([link.text, `http://${link.text}`]).toContain(link.url)
      }
      for (const list of Object.values(entities)) {
        expect(list.map(({ pos }) => pos)).toEqual(list.map(({ pos }) => pos).sort((a, b) => a - b))
      }
      const all = Object.values(entities)
        .flat()
        .sort((a, b) => a.pos - b.pos)
      all.forEach(({ pos }, index) => {
        const previous = all[index - 1]
        if (previous !== undefined) expect(pos).toBeGreaterThanOrEqual(previous.pos + previous.len)
      })
    }),
    { numRuns: 2000 },
  )
})

test('any text: the HTML holds the text, nothing but our own tags, and one tag an entity', () => {
  const tag =
    /<br>|<span data-mention-id="\d+" data-mention-name="[a-z0-9_]{1,20}" itemprop="mention">|<span data-hashtag-name="[^"<>&']+" itemprop="hashtag">|<a href="https?:\/\/[^"<>']+">|<\/span>|<\/a>/gi
  fc.assert(
    fc.property(anyText, anyUsers, (text, ids) => {
      const { html, entities } = describe(text, ids)
      expect(html.startsWith(OUTER) && html.endsWith('</span>')).toBe(true)
      const inner = html.slice(OUTER.length, -'</span>'.length)
      expect(inner.replace(tag, '')).not.toMatch(/[<>"']/)
      expect(textOf(inner.replaceAll('<br>', '\n').replace(tag, ''))).toBe(text.replace(/\r\n?/g, '\n'))
      const opened = (inner.match(/<(span|a) /g) ?? []).length
      expect(opened).toBe(Object.values(entities).flat().length)
      expect((inner.match(/<\/(span|a)>/g) ?? []).length).toBe(opened)
    }),
    { numRuns: 2000 },
  )
})
