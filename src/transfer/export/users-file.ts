// Writes users to a file, as CSV or JSON lines.

import { COLUMNS } from '../../users/profile-fields.ts'
import { formatOf } from '../format.ts'
import type { UserRecord } from '../user.ts'
import { csvField, writeWhole } from './output.ts'

/** Writes users (`-` is stdout) in the format of the file's name; resolves with their number. */
export async function writeUsers(path: string, users: AsyncIterable<UserRecord[]>): Promise<number> {
  const json = formatOf(path) === 'json lines'
  let written = 0
  async function* pieces(): AsyncGenerator<string> {
    if (!json) yield `${COLUMNS.join(',')}\n`
    for await (const batch of users) {
      written += batch.length
      if (batch.length > 0) yield batch.map(json ? jsonLine : csvLine).join('')
    }
  }
  await writeWhole(path, pieces())
  return written
}

function csvLine(user: UserRecord): string {
  const cells = COLUMNS.map((column) => {
    const value = user[column]
    if (value === undefined) return ''
    return csvField(typeof value === 'object' ? JSON.stringify(value) : String(value))
  })
  return `${cells.join(',')}\n`
}

function jsonLine(user: UserRecord): string {
  const ordered = Object.fromEntries(COLUMNS.map((column) => [column, user[column]]))
  return `${JSON.stringify(ordered, (_, value) => (typeof value === 'bigint' ? String(value) : value))}\n`
}
