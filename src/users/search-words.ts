// Knows the words by which users are found: those of a username and a name as they are stored, and those of a query.

/** What a query asks for; `usernames` and `names` are what `search_words` must hold, all of one of the two. */
export type Search = {
  /** The same for the index `user_search`, in Lucene's syntax; it gives the most followed first, as far as `search_rank` tells. */
  lucene: string
  /** The username that is exactly the query, in lower case. */
  username: string | null
  usernames: string[]
  /** Empty where only usernames count. */
  names: string[]
}

/** Code points of a query: a name has 50 at most, a username 20. */
export const MOST_QUERY = 200

// Accents, points and tone marks of all scripts, and the Arabic letter that only makes words longer. Vowel signs stay.
const MARKS = /(?=[\p{Script=Inherited}\p{Diacritic}])[\p{Mn}\p{Me}]|\u0640/gu
// Letters that people leave the stroke or the tie off, and for which Unicode has no decomposition.
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
// Longer ones are in no name that the API takes; Lucene refuses a word of 32 kB.
const LONGEST = 64
const MOST_WORDS = 64

// The first letter of a stored word says of what it is, and whether it is whole or only its beginning; words are in lower case,
// so none is an operator of Lucene's.
const KINDS = { username: { whole: 'U', short: 'P' }, name: { whole: 'N', short: 'Q' } } as const
type Kind = (typeof KINDS)[keyof typeof KINDS]
// Beginnings of up to so many characters are words of the index themselves: there are as many words that begin with a letter as
// there are users, and Lucene would look at each (docs/decisions/016).
const SHORT = 4

/** The ranks of `search_rank`, the least followed first: from 4 followers on, each for four times as many. */
export const RANKS = 'abcdefghijklmno'

/** A text as it is compared: without case, accents, and forms of the same letter. */
function folded(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase()
  const plain = (part: string) => part.normalize('NFKD').replace(MARKS, '')
  // By way of capitals, where "ß" and "ss" are the same.
  const lower = plain(plain(text).toUpperCase().toLowerCase())
  return lower.replace(STROKED, (letter) => LETTERS[letter] as string).normalize('NFC')
}

function wordsOf(text: string): string[] {
  const words = folded(text).match(WORD) ?? []
  return [...new Set(words.slice(0, MOST_WORDS).map((word) => [...word].slice(0, LONGEST).join('')))]
}

/** `search_words` of a user: each word with a space before it. */
export function searchWords(username: string, name: string): string {
  const of = (text: string, { whole, short }: Kind) =>
    wordsOf(text).flatMap((word) => [
      whole + word,
      ...Array.from({ length: SHORT }, (_, n) => short + [...word].slice(0, n + 1).join('')),
    ])
  const words = new Set([...of(username, KINDS.username), ...of(name, KINDS.name)])
  return [...words].map((word) => ` ${word}`).join('')
}

/** What a query asks for; null where there is no word in it. */
export function searchOf(text: string): Search | null {
  const trimmed = text.trim()
  const onlyUsernames = trimmed.startsWith('@')
  const words = wordsOf(trimmed)
  // "j john" asks for no more than "john".
  const wanted = words.filter((word) => !words.some((other) => other !== word && other.startsWith(word)))
  if (wanted.length === 0) return null
  const username = folded(onlyUsernames ? trimmed.slice(1) : trimmed)
  const kinds = onlyUsernames ? [KINDS.username] : [KINDS.username, KINDS.name]
  const all = ({ whole, short }: Kind) =>
    wanted.map((word) =>
      [...word].length <= SHORT ? `+search_words:${short}${word}` : `+search_words:${whole}${word}*`,
    )
  const ranks = [...RANKS].map((rank, n) => `search_rank:${rank}*^${1000 * (n + 1)}`)
  const holds = (kind: Kind) => wanted.map((word) => ` ${kind.whole}${word}`)
  return {
    lucene: `+(${kinds.map((kind) => `(${all(kind).join(' ')})`).join(' ')}) ${ranks.join(' ')}`,
    username: /^[a-z0-9_]{1,20}$/.test(username) ? username : null,
    usernames: holds(KINDS.username),
    names: onlyUsernames ? [] : holds(KINDS.name),
  }
}
