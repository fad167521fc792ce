// linkify-it's grammar with changes for profiles: they use more emoji, punctuation and scripts than the prose that it was made for.
import { type LinkifyIt, linkifyit, REBuilder } from 'linkify-it'
import tlds from 'tlds' with { type: 'json' }

/**
 * A character of a word of any script that puts spaces between words: a letter, digit or underscore, for expressions with the flag u.
 * Chinese, Japanese, Thai, Lao and Khmer are written without spaces, so after their letters a mention, hashtag or link can begin.
 */
export const WORD =
  '(?:(?![\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}])[\\p{L}\\p{N}_])'

// linkify-it's expressions have no flag u, so what follows is written as code units.

// The same scripts: Thai and Lao, Khmer, Han and kana (with their signs of repetition and length), and the planes of Han.
const UNSPACED =
  '(?:[\\u0e00-\\u0eff\\u1780-\\u17ff\\u19e0-\\u19ff\\u2e80-\\u2fdf\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303c' +
  '\\u3041-\\u30ff\\u31f0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\uff66-\\uff9f]|\\ud82c[\\udc00-\\udd6f]|[\\ud840-\\ud88d][\\udc00-\\udfff])'
// Characters without a width: marks of direction, the space of width zero, the byte order mark. Keyboards and copied text put them around
// links. U+200C and U+200D are not among them, because they are part of words.
const INVISIBLE = '[\\u061c\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff]'
// Emoji separate words as spaces do: "🔗App.net🎉".
const EMOJI =
  '[\\u2190-\\u21ff\\u2300-\\u23ff\\u25a0-\\u27bf\\u2b00-\\u2bff]|[\\ud83c-\\ud83e][\\udc00-\\udfff]|\\u20e3|\\ufe0f'
// Signs that Unicode does not count as punctuation, and that no domain has: they end a host, and a bare domain may follow them. In paths
// they remain: "http://x.example/~bo?a=b".
const SIGN =
  '[$+=^~\\u00a2-\\u00a9\\u00ac\\u00ae-\\u00b1\\u00b4\\u00d7\\u00f7\\u20a0-\\u20cf\\u2122\\uff04\\uff0b\\uff1c-\\uff1e\\uff3e\\uff40\\uff5e\\uffe0-\\uffe6]'
// "App.net" in "公式サイトはApp.net": a domain of ASCII with a dot, up to its end. In "はexample.日本" there is none.
const ASCII_DOMAIN = '[a-z0-9](?:[a-z0-9-]{0,62}\\.){1,10}[a-z]{2,63}(?![a-z0-9]|[-.][a-z0-9])'

/**
 * Finds links in a text. Links with schemes other than http and https are found, too. If they were not searched for, parts of them would
 * be found as links: "john.co" in "john.co@x.example".
 */
export const search: LinkifyIt = linkifyit({ rebuilder: profileBuilder(), fuzzyLink: true, tlds }).add('//', {
  // linkify-it's own validator reads to the end of the path before it looks at the sign before "//", which makes "a://b.c/" repeated quadratic.
  validate: (text, pos, { re }) => {
    if (pos > 2 && ':/'.includes(text.charAt(pos - 3))) return 0
    const validator = re.get_relative_proto_validator()
    validator.lastIndex = pos
    return validator.exec(text)?.[0].length ?? 0
  },
})

function profileBuilder(): REBuilder {
  const builder = new REBuilder()
  builder.src_ZPCc += `|${INVISIBLE}`
  builder.src_ZCc += `|${INVISIBLE}`
  const separator = new RegExp(`[<>\`|\\uff5c]|${EMOJI}`)
  builder.get_text_separators = () => separator
  // linkify-it's own expression has no group around its alternatives, so that a negative lookahead misses characters outside the basic plane.
  builder.src_Any = '(?:[\\ud800-\\udbff][\\udc00-\\udfff]|[^\\ud800-\\udfff])'

  const letter = `(?:(?!${SIGN})${builder.get_pseudo_letter().source})`
  const domain = domainOf(letter)
  builder.get_domain = () => domain
  // A domain ends before the scripts without spaces: "App.netは". It does not if it goes on behind them, as "net谢谢.com" does. Hyphens and
  // underscores at its end are outside of the link, but "App.net-based" has none.
  const end = `$|${SIGN}|${separator.source}|${builder.src_ZPCc}`
  const terminator = new RegExp(
    `(?=${end}|(?<=\\.[a-z]{2,63}|:\\d{1,5})${UNSPACED})(?!(?:[-_]|\\.-)[-_]*\\.?(?!${end})|\\.(?!${end})|:\\d)`,
  )
  builder.get_host_terminator = () => terminator
  // Made at the first use, because linkify-it sets its list of top-level domains after this.
  const made = (name: string, make: () => RegExp) => (): RegExp => {
    builder.cache[name] ??= make()
    return builder.cache[name]
  }
  builder.get_url_host_port = made('url_host_port', () => {
    const last = `(?:[a-z]{2,63}(?=${UNSPACED})|${domain.source})`
    const host = `(?:${builder.get_ipv6_url_host().source}|(?:${domain.source}\\.){0,10}${last})`
    return new RegExp(host + builder.get_port().source + terminator.source)
  })
  // A label of a bare domain ends where a domain of ASCII begins after letters without spaces. Domains such as "例え.jp" have none.
  const bare = domainOf(`(?:(?!${UNSPACED}${ASCII_DOMAIN})${letter})`)
  builder.get_fuzzy_url_host_port = made('fuzzy_url_host_port', () => {
    const host = `(?:(?:${bare.source}\\.){1,10}(?:${builder.get_tld().source}))`
    return new RegExp(host + terminator.source)
  })

  // A scheme may follow any character that is not part of a word: "`http://…`", "=http://…". Underscores before a word are emphasis.
  builder.get_schema_search = made('schema_search', () => {
    const before = `^|(?!${WORD})[^]|(?<!${WORD})_+`
    return new RegExp(`(${before})(${builder.get_schema_names().source})`, 'igu')
  })
  builder.get_fuzzy_link_search = made('link_fuzzy_search', () => {
    const before =
      `^|(?![.:/\\-_@])(?:${SIGN}|${separator.source}|${builder.src_ZPCc})|` +
      `(?<![.:/@_-]|${letter})_+|${UNSPACED}(?=${ASCII_DOMAIN})`
    const link = builder.get_fuzzy_url_host_port().source + builder.get_path().source
    return new RegExp(`(${before})(?:${link})`, 'ig')
  })
  builder.get_mail_name_validator = made('mail_name_validator', () => {
    const before = `^|${separator.source}|"|\\(|${builder.src_ZCc}|${UNSPACED}`
    return new RegExp(`(?:${before})(${builder.get_mail_name().source})$`)
  })
  return builder
}

/** linkify-it's own expression matches a label "xn--a" in two ways, so ten such labels in 1,024 ways; this one has a single way. */
function domainOf(letter: string): RegExp {
  return new RegExp(`(?:${letter}(?:(?:-|${letter}){0,61}${letter})?)`)
}
