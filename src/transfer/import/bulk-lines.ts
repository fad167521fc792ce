// Formats the columns and lines of files for Neo4j's bulk loader.
import { closeSync, openSync } from 'node:fs'
import { NODE_PROPERTIES } from '../../users/profile.ts'
import type { UserRecord } from '../user.ts'
import { writeBytes } from './write-bytes.ts'

// The loader refuses fields that exceed its buffer of 4 MiB, and escaping and quoting make a text longer.
const LONG = 100_000
const BLOCK = 1 << 15

export const USER_COLUMNS: { name: string; type: string }[] = [
  // Not the user's own id, because the loader accepts no ids above 2^56.
  { name: '', type: ':ID(User){id-type:long}' },
  ...Object.entries(NODE_PROPERTIES).map(([name, type]) => ({ name, type })),
]
export const FOLLOW_COLUMNS =
  ':START_ID(User),:END_ID(User),id:long,follower_id:long,followee_id:long,followed_at:datetime'

/** Writes a file line by line, in blocks. */
export function lines(path: string, header: string): { add(line: string): void; end(): void } {
  const file = openSync(path, 'w', 0o600)
  let block = `${header}\n`
  const flush = () => {
    writeBytes(file, path, Buffer.from(block))
    block = ''
  }
  return {
    add(line) {
      block += `${line}\n`
      if (block.length > BLOCK) flush()
    },
    end() {
      flush()
      closeSync(file)
    },
  }
}

/** Whether a field of the user may be too long for the loader. */
export const isLong = (record: UserRecord): boolean =>
  Object.values(record).some(
    (value) =>
      (typeof value === 'string' && value.length > LONG) ||
      (typeof value === 'object' && JSON.stringify(value).length > LONG),
  )

/** A field, quoted unless it has only plain characters: the loader trims or splits other unquoted text. */
export function field(value: unknown): string {
  if (value === null || value === undefined) return ''
  const plain = Array.isArray(value) ? value.join(';') : String(value)
  return /^[\w:.+-]+$/.test(plain) ? plain : `"${plain.replaceAll('"', '""')}"`
}

/** An id in digits. Most ids are small, and formatting a number is several times faster than formatting a bigint. */
export const decimal = (id: bigint): string => {
  const number = Number(id)
  return number <= Number.MAX_SAFE_INTEGER ? `${number}` : `${id}`
}
