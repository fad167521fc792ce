// Knows which parts of a text are mentions, hashtags and links; knows neither users nor HTML.
import { linkifyit, REBuilder } from 'linkify-it'
import tlds from 'tlds' with { type: 'json' }

/** Where an entity stands, in Unicode code points; a mention's or hashtag's sign is counted in. */
export type Place = { pos: number; len: number }
/** `name` in lower case, without its sign. */
export type Named = { name: string } & Place
/** `text` as it was written; `url` always with `http://` or `https://`. */
export type Link = { text: string; url: string } & Place
export type Found = { mentions: Named[]; hashtags: Named[]; links: Link[] }

/** An entity by its UTF-16 offsets, as the searches find it. */
export type Span = { start: number; end: number } & (
  | { kind: 'mention'; name: string }
  | { kind: 'hashtag'; name: string }
  | { kind: 'link'; url: string }
)

// A word character is a letter, digit or underscore of any script. Marks count with the letter that they stand on:
// the variation selector of an emoji is a mark as well, and "❤️@bo" is a mention. The fullwidth ＠ and ＃ are no signs.
const MENTION = /(?<![\p{L}\p{N}_]\p{M}*)@([A-Za-z0-9_]{1,20})(?![A-Za-z0-9_])/gu
// The joiners belong to words of Persian and of Indian scripts. "&#" begins a character reference.
const HASHTAG =
  /(?<!&|[\p{L}\p{N}_]\p{M}*)#([\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_]|[\u200c\u200d](?=[\p{L}\p{M}]))*)/gu
// "#1" is a rank and "#42" a ticket: a hashtag has a letter.
const LETTER = /\p{L}/u

// linkify-it leaves these at the end of a path: "http://x.example/a: see".
const TRAILING = '.,;:!?*&%@\\^'
// Top-level domains that end file names, or placeholders in code, far more often than a bare domain of two labels.
const FILE_LIKE = /^[^/?#.]+\.(?:md|py|rs|sh|zip|mov|bar|foo)(?:[?#]|$)/i
// "http://name:password@host" has its scheme and its host on two sides of what linkify-it takes for the end.
const AFTER_CREDENTIALS = /^(?::[^\s/?#@]*)?@/

// Schemes other than http and https stay switched on in the search, and what they find is left out below: switched off,
// their addresses would be found again in part ("john.co" in "john.co@x.example").
const search = linkifyit({ rebuilder: profileBuilder(), fuzzyLink: true, tlds })

/** linkify-it's grammar, changed where profiles differ from prose. */
function profileBuilder(): REBuilder {
  const builder = new REBuilder()
  // Emoji stand for spaces: "🔗App.net🎉". (Written as code units: these expressions are without the u flag.)
  const emoji =
    '[\\u2190-\\u21ff\\u2300-\\u23ff\\u25a0-\\u27bf\\u2b00-\\u2bff]|[\\ud83c-\\ud83e][\\udc00-\\udfff]|\\u20e3|\\ufe0f'
  const separator = new RegExp(`[<>\`|\\uff5c]|${emoji}`)
  builder.get_text_separators = () => separator
  // Its own alternatives lack the group around them, so a "not before" misses characters outside the basic plane.
  builder.src_Any = '(?:[\\ud800-\\udbff][\\udc00-\\udfff]|[^\\ud800-\\udfff])'
  // Its own form reads a label "xn--a" in two ways, so ten labels in 1,024; this one covers both.
  builder.get_domain = () => {
    const letter = builder.get_pseudo_letter().source
    return new RegExp(`(?:${letter}(?:(?:-|${letter}){0,61}${letter})?)`)
  }
  // A scheme may follow anything but a word: "`http://…`", "=http://…".
  builder.get_schema_search = () =>
    new RegExp(`(^|[^\\p{L}\\p{N}_])(${builder.get_schema_names().source})`, 'igu')
  builder.get_fuzzy_link_search = () => {
    const before = `(?![.:/\\-_@])(?:[$+=^]|${separator.source}|${builder.src_ZPCc})`
    const link = builder.get_fuzzy_url_host_port().source + builder.get_path().source
    return new RegExp(`(^|${before})(?![$+=^])(?:${link})`, 'ig')
  }
  return builder
}

function links(text: string): Span[] {
  // Most descriptions of a large import end here: no link does without one of the two.
  if (!/[.:]/.test(text)) return []
  const found: Span[] = []
  // linkify-it takes a lone surrogate together with the character before it.
  const sound = text.replace(/\p{Surrogate}/gu, ' ')
  for (const { schema, index, lastIndex, raw } of search.match(sound) ?? []) {
    if (schema === '') {
      // "#App.net" is the hashtag "#App", as "@App.net" is a mention.
      if (text[index - 1] === '#' || FILE_LIKE.test(raw)) continue
    } else {
      if (schema !== 'http:' && schema !== 'https:') continue
      if (!raw.slice(schema.length + 2).includes('/') && AFTER_CREDENTIALS.test(text.slice(lastIndex)))
        continue
    }
    let end = lastIndex
    while (TRAILING.includes(text.charAt(end - 1))) end -= 1
    const written = text.slice(index, end)
    found.push({ kind: 'link', start: index, end, url: schema === '' ? `http://${written}` : written })
  }
  return found
}

function named(kind: 'mention' | 'hashtag', pattern: RegExp, text: string): Span[] {
  return Array.from(text.matchAll(pattern), (match) => ({
    kind,
    start: match.index,
    end: match.index + match[0].length,
    name: (match[1] as string).toLowerCase(),
  }))
}

/**
 * Every entity of a text in the order in which they stand, none overlapping another; mentions are of users that may
 * or may not exist. A link wins over a mention or hashtag that shares a character with it.
 */
export function spans(text: string): Span[] {
  const sure = links(text)
  const others = [
    ...(text.includes('@') ? named('mention', MENTION, text) : []),
    ...(text.includes('#') ? named('hashtag', HASHTAG, text).filter(isWord) : []),
  ].sort((a, b) => a.start - b.start)
  let next = 0
  const free = others.filter((span) => {
    while (next < sure.length && (sure[next] as Span).end <= span.start) next += 1
    const link = sure[next]
    return link === undefined || span.end <= link.start
  })
  return [...sure, ...free].sort((a, b) => a.start - b.start)
}

function isWord(span: Span): boolean {
  return span.kind === 'hashtag' && LETTER.test(span.name)
}

/** The code-point places of spans that stand in order and do not overlap, in one walk along the text. */
export function places(text: string, ordered: readonly Span[]): Place[] {
  let offset = 0
  let points = 0
  const walk = (to: number): number => {
    while (offset < to) {
      offset += (text.codePointAt(offset) as number) > 0xffff ? 2 : 1
      points += 1
    }
    return points
  }
  return ordered.map(({ start, end }) => {
    const pos = walk(start)
    return { pos, len: walk(end) - pos }
  })
}

/** The entities of a text, each list in the order of the text; mentions are candidates, existing users or not. */
export function find(text: string): Found {
  const all = spans(text)
  const found: Found = { mentions: [], hashtags: [], links: [] }
  places(text, all).forEach((place, index) => {
    const span = all[index] as Span
    if (span.kind === 'mention') found.mentions.push({ name: span.name, ...place })
    else if (span.kind === 'hashtag') found.hashtags.push({ name: span.name, ...place })
    else found.links.push({ text: text.slice(span.start, span.end), url: span.url, ...place })
  })
  return found
}

/** The usernames, lower case and each once, that a text may mention: what to look up before `describe`. */
export function mentionCandidates(text: string): string[] {
  if (!text.includes('@')) return []
  return [...new Set(spans(text).flatMap((span) => (span.kind === 'mention' ? [span.name] : [])))]
}
