// Decodes Neo4j's bookmarks. Each answer of the database has one, which names the newest transaction that any program has committed.

/** A database, and the id of its newest transaction when it answered. */
export type Bookmark = { database: string; transaction: bigint; text: string }

const PREFIX = 'FB:'
// The encoding of a list with the bookmark of one database: the database's id in sixteen bytes, the id of the transaction, and an end marker.
const HEAD = Buffer.from([0x91, 0xcc, 0x10])
const ID_AT = HEAD.length + 16
const END = 0x90

/**
 * Decodes a bookmark of Neo4j 5.26 or 2026. The format is not documented; it was found by observation. Null for a bookmark in another
 * format; then the memory is not used.
 */
export function readBookmark(text: string): Bookmark | null {
  if (!text.startsWith(PREFIX)) return null
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64')
  if (!bytes.subarray(0, HEAD.length).equals(HEAD) || bytes.at(-1) !== END || bytes.length < ID_AT + 2)
    return null
  const transaction = integer(bytes.subarray(ID_AT, -1))
  return transaction === null ? null : { database: bytes.toString('latin1', 0, ID_AT), transaction, text }
}

// PackStream's integers: one byte up to 127, or a marker and 1, 2, 4 or 8 bytes.
function integer(bytes: Buffer): bigint | null {
  const [marker = 0] = bytes
  if (bytes.length === 1) return marker < 0x80 ? BigInt(marker) : null
  const size = { 200: 1, 201: 2, 202: 4, 203: 8 }[marker]
  if (size === undefined || bytes.length !== 1 + size) return null
  return size === 8 ? bytes.readBigInt64BE(1) : BigInt(bytes.readIntBE(1, size))
}
