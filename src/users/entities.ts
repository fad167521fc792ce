// Finds mentions, hashtags and links in a text. Whether a mentioned user exists is checked elsewhere.
import { search, WORD } from './link-grammar.ts'

/** The position and length of an entity in Unicode code points, including the sign of a mention or hashtag. */
export type Place = { pos: number; len: number }
/** A mention or hashtag: `name` in lower case, without the sign. */
export type Named = { name: string } & Place
/** `text` as written by the user; `url` always with `http://` or `https://`. */
export type Link = { text: string; url: string } & Place
export type Found = { mentions: Named[]; hashtags: Named[]; links: Link[] }

/** An entity with its UTF-16 offsets. */
export type Span = { start: number; end: number } & (
  | { kind: 'mention'; name: string }
  | { kind: 'hashtag'; name: string }
  | { kind: 'link'; url: string }
)

// Neither begins inside a word. A mark belongs to the character before it: the variation selector of an emoji is a mark, so "❤️@bo" contains
// a mention. The fullwidth ＠ and ＃ are not signs.
const MENTION = new RegExp(`(?<!${WORD}\\p{M}*)@([A-Za-z0-9_]{1,20})(?![A-Za-z0-9_])`, 'gu')
// Zero-width joiners occur inside words of Persian and of Indian scripts. "&#" begins a character reference.
const HASHTAG = new RegExp(
  `(?<!&|${WORD}\\p{M}*)#([\\p{L}\\p{N}_](?:[\\p{L}\\p{N}\\p{M}_]|[\\u200c\\u200d](?=[\\p{L}\\p{M}]))*)`,
  'gu',
)
// A hashtag contains a letter: "#1" is a rank and "#42" the number of a ticket.
const LETTER = /\p{L}/u

// Characters that linkify-it includes at the end of a path, as in "http://x.example/a: see"; they are cut off.
const TRAILING = '.,;:!?*&%@\\^'
// Domains of two labels whose ending is far more often that of a file name, or of a placeholder in code.
const FILE_LIKE = /^[^/?#.]+\.(?:md|py|rs|sh|zip|mov|bar|foo)(?:[?#]|$)/i
// In "http://name:password@host" linkify-it ends the link within the name or after it; this matches the rest.
const AFTER_CREDENTIALS = /^(?:[-_:$+=^~][^\s/?#@]*)?@/
// Signs for emphasis and for crossing out in Markdown. Behind a link they are no part of it if one is before it, too: "_http://x.example/a_".
const AROUND = '_~'

function links(text: string): Span[] {
  // Every link contains a dot or a colon. Most descriptions contain neither, which makes large imports faster.
  if (!/[.:]/.test(text)) return []
  const found: Span[] = []
  // linkify-it merges a lone surrogate with the character before it.
  const wellFormed = text.replace(/\p{Surrogate}/gu, ' ')
  for (const { schema, index, lastIndex, raw } of search.match(wellFormed) ?? []) {
    if (schema === '') {
      // "#App.net" is the hashtag "#App", just as "@App.net" is the mention "@App".
      if (text[index - 1] === '#' || FILE_LIKE.test(raw)) continue
    } else {
      if (schema !== 'http:' && schema !== 'https:') continue
      if (!raw.slice(schema.length + 2).includes('/') && AFTER_CREDENTIALS.test(text.slice(lastIndex)))
        continue
    }
    const before = text.charAt(index - 1)
    const trailing = AROUND.includes(before) ? TRAILING + before : TRAILING
    let end = lastIndex
    while (trailing.includes(text.charAt(end - 1))) end -= 1
    const written = text.slice(index, end)
    found.push({ kind: 'link', start: index, end, url: schema === '' ? `http://${written}` : written })
  }
  return found
}

function named(kind: 'mention' | 'hashtag', pattern: RegExp, text: string): Span[] {
  const all = Array.from(text.matchAll(pattern), (match) => ({
    kind,
    start: match.index,
    end: match.index + match[0].length,
    name: (match[1] as string).toLowerCase(),
  }))
  // Right behind a hashtag none begins, in any script: "#a#b" and "#話題#本文" are one each.
  return all.filter(({ start }, index) => start !== all[index - 1]?.end)
}

/**
 * All entities of a text in their order, without overlaps: a mention or hashtag that overlaps a link is dropped. The mentioned users may
 * not exist.
 */
export function spans(text: string): Span[] {
  const found = links(text)
  const others = [
    ...(text.includes('@') ? named('mention', MENTION, text) : []),
    ...(text.includes('#') ? named('hashtag', HASHTAG, text).filter(isWord) : []),
  ].sort((a, b) => a.start - b.start)
  let next = 0
  const free = others.filter((span) => {
    while (next < found.length && (found[next] as Span).end <= span.start) next += 1
    const link = found[next]
    return link === undefined || span.end <= link.start
  })
  return [...found, ...free].sort((a, b) => a.start - b.start)
}

function isWord(span: Span): boolean {
  return span.kind === 'hashtag' && LETTER.test(span.name)
}

/** Converts the offsets of spans to code points. The spans must be in order and must not overlap, so that one pass over the text is enough. */
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

/** The entities of a text by kind, in the order of the text. The mentioned users may not exist. */
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

/** The usernames that a text mentions, in lower case and without repetition: they must be looked up before `describe` is called. */
export function mentionCandidates(text: string): string[] {
  if (!text.includes('@')) return []
  return [...new Set(spans(text).flatMap((span) => (span.kind === 'mention' ? [span.name] : [])))]
}
