// Knows how a user stands in a file: any field of the User object as a CSV column or a JSON key; knows no defaults.

import type { Profile } from '../users/profile.ts'
import { dateIn, imageIn, isAbsent, listIn, requiredIdIn, shown, textIn } from './fields.ts'
import type { Listener } from './lines.ts'
import { csvField, formatOf, writeWhole } from './output.ts'
import { type Cells, type Kind, readRecords } from './records.ts'

/** A user as a file gives it: what is absent is for the importer to fill in. `created_at` in whole UTC seconds. */
export type UserRecord = Profile

const COLUMNS = [
  'id',
  'username',
  'name',
  'type',
  'description',
  'timezone',
  'locale',
  'created_at',
  'verified_domain',
  'avatar_image',
  'cover_image',
  'annotations',
] as const

const IMAGE_PARTS = ['avatar_image', 'cover_image'].flatMap((image) =>
  ['url', 'width', 'height'].map((part) => `${image}_${part}`),
)

const USERS: Kind<UserRecord> = {
  columns: [...COLUMNS, ...IMAGE_PARTS, 'bot'],
  required: ['id'],
  ids: ['id'],
  convert: toUser,
}

/**
 * The users of a file (`-` is stdin) in arrays of up to 5,000; bad lines go to `on.bad`. User objects as the API sends them are taken, too, and so
 * is Mastodon's column `bot`. Throws where the file cannot be read at all.
 */
export function readUsers(path: string, on: Listener): AsyncGenerator<UserRecord[]> {
  return readRecords(path, USERS, on)
}

/** Writes users (`-` is stdout) in the format that the name asks for, whole or not at all; answers how many. */
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

function toUser(cells: Cells, faults: string[]): UserRecord | undefined {
  const id = requiredIdIn(cells, 'id', faults)
  const fields: { [F in keyof Omit<UserRecord, 'id'>]-?: UserRecord[F] | undefined } = {
    username: usernameIn(cells, faults),
    name: textIn(cells, 'name', faults, 50),
    type: typeIn(cells, faults),
    description: textIn(plainDescription(cells), 'description', faults, 256),
    timezone: textIn(cells, 'timezone', faults),
    locale: textIn(cells, 'locale', faults),
    created_at: dateIn(cells, 'created_at', faults),
    verified_domain: textIn(cells, 'verified_domain', faults),
    avatar_image: imageIn(cells, 'avatar_image', faults),
    cover_image: imageIn(cells, 'cover_image', faults),
    annotations: listIn(cells, 'annotations', faults),
  }
  if (id === undefined) return undefined
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return { id, ...Object.fromEntries(given) }
}

function usernameIn(cells: Cells, faults: string[]): string | undefined {
  const username = textIn(cells, 'username', faults)
  if (username === undefined || /^[A-Za-z0-9_]{1,20}$/.test(username)) return username
  faults.push(`username is ${shown(username)}: write 1 to 20 of the letters a-z, digits and _`)
  return undefined
}

function typeIn(cells: Cells, faults: string[]): UserRecord['type'] {
  const { type, bot } = cells
  if (type === 'human' || type === 'feed' || type === 'bot') return type
  if (!isAbsent(type)) faults.push(`type is ${shown(type)}: write human, feed or bot`)
  else if (/^(true|1)$/i.test(String(bot))) return 'bot'
  else if (!isAbsent(bot) && !/^(false|0)$/i.test(String(bot)))
    faults.push(`bot is ${shown(bot)}: write true or false`)
  return undefined
}

/** The API nests the text of a description. */
function plainDescription(cells: Cells): Cells {
  const { description } = cells
  const nested = description !== null && typeof description === 'object' && 'text' in description
  return nested ? { description: description.text } : cells
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
  return `${JSON.stringify({ ...ordered, id: String(user.id) })}\n`
}
