// Parses a reference to a user, as URLs and bodies contain it: an integer id, @username, or me.

/** A parsed reference; null if the text is none. */
export type Reference = { id: bigint } | { username: string } | 'me' | null

const MAX_ID = 2n ** 63n - 1n

/** Parses one reference. Ids with leading zeros or above 2^63-1 are invalid, and so is `ME`. */
export function parseReference(text: string): Reference {
  if (text === 'me') return 'me'
  if (/^[1-9]\d{0,18}$/.test(text)) {
    const id = BigInt(text)
    return id <= MAX_ID ? { id } : null
  }
  if (/^@[A-Za-z0-9_]{1,20}$/.test(text)) return { username: text.slice(1).toLowerCase() }
  return null
}
