// Knows how a user is named in a URL or a body: an integer id, @username, or me; nothing else.

/** A parsed reference; null is what names nobody. */
export type Reference = { id: bigint } | { username: string } | 'me' | null

const MAX_ID = 2n ** 63n - 1n

/** Reads one reference. Leading zeros, `ME` and anything beyond 2^63-1 name nobody. */
export function parseReference(text: string): Reference {
  if (text === 'me') return 'me'
  if (/^[1-9]\d{0,18}$/.test(text)) {
    const id = BigInt(text)
    return id <= MAX_ID ? { id } : null
  }
  if (/^@[A-Za-z0-9_]{1,20}$/.test(text)) return { username: text.slice(1).toLowerCase() }
  return null
}
