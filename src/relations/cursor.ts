// The cursors of lists that are sorted by username or by followers. No I/O.
import { hash } from 'node:crypto'
import type { CursorSort } from './list-search-statements.ts'
import { MAX_CURSOR } from './page.ts'

/** A place in the order of a list: the row with this key and pagination id. The key of sort=followers is the negative number of followers. */
export type Position = { key: string | bigint; id: bigint }

/** The list that a cursor belongs to. */
export type SortedList = { list: string; userId: bigint; sort: CursorSort }

/** The position before the first row. */
export const startOf = (sort: CursorSort): Position => ({
  key: sort === 'username' ? '' : -MAX_CURSOR,
  id: MAX_CURSOR,
})

const prefixOf = ({ list, userId, sort }: SortedList) => `${list} ${userId} ${sort}`
// A checksum in front: a cursor that lost its end would otherwise be another position.
const sealed = (text: string) => `${hash('sha1', text, 'base64url').slice(0, 8)} ${text}`

const encoded = (text: string) => Buffer.from(text).toString('base64url')

/** The cursor that begins after a position. */
export const cursorText = (sorted: SortedList, { key, id }: Position): string =>
  encoded(sealed(`${prefixOf(sorted)} ${id} ${key}`))

/** The position of a cursor; null if it is broken, or of another list or order. */
export function positionOf(sorted: SortedList, cursor: string): Position | null {
  const text = Buffer.from(cursor, 'base64url').toString()
  const [, prefix, id, key] = /^\S+ (\S+ \d+ \S+) (\d+) (.*)$/s.exec(text) ?? []
  if (prefix !== prefixOf(sorted) || id === undefined || key === undefined) return null
  if (sealed(text.slice(text.indexOf(' ') + 1)) !== text || encoded(text) !== cursor) return null
  if (sorted.sort === 'username') return { key, id: BigInt(id) }
  // Anyone can compute the checksum.
  return /^-?\d{1,19}$/.test(key) ? { key: BigInt(key), id: BigInt(id) } : null
}
