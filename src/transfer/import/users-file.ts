// Reads a file of users: each field of the User object is a CSV column or a JSON key. It adds no defaults.

import { PROFILE_FIELDS } from '../../users/profile.ts'
import { shown } from '../shown.ts'
import type { UserRecord } from '../user.ts'
import { dateIn, IMAGE_PARTS, imageIn, isAbsent, listIn, requiredIdIn, textIn, wordIn } from './fields.ts'
import type { Cells, Kind } from './kind.ts'
import type { ReadListener } from './lines.ts'
import { readRecords } from './records.ts'

const USERS: Kind<UserRecord> = {
  columns: [...PROFILE_FIELDS, ...IMAGE_PARTS, 'bot'],
  required: ['id'],
  ids: ['id'],
  convert: toUser,
}

/**
 * The users of a file (`-` is stdin) in arrays of up to 5,000. Bad lines are reported to `on.bad`. User objects as the API sends them
 * and Mastodon's column `bot` are accepted too. Throws if the file cannot be read.
 */
export function readUsers(path: string, on: ReadListener): AsyncGenerator<UserRecord[]> {
  return readRecords(path, USERS, on)
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
  const username = wordIn(cells, 'username')
  if (username === undefined) return undefined
  if (typeof username === 'string' && /^[A-Za-z0-9_]{1,20}$/.test(username)) return username
  faults.push(`username is ${shown(username)}: write 1 to 20 of the letters a-z, digits and _`)
  return undefined
}

function typeIn(cells: Cells, faults: string[]): UserRecord['type'] {
  const [type, bot] = [wordIn(cells, 'type'), wordIn(cells, 'bot')]
  if (type === 'human' || type === 'feed' || type === 'bot') return type
  if (!isAbsent(type)) faults.push(`type is ${shown(type)}: write human, feed or bot`)
  else if (/^(true|1)$/i.test(String(bot))) return 'bot'
  else if (!isAbsent(bot) && !/^(false|0)$/i.test(String(bot)))
    faults.push(`bot is ${shown(bot)}: write true or false`)
  return undefined
}

/** Takes the text out of a description as the API sends it. */
function plainDescription(cells: Cells): Cells {
  const { description } = cells
  const nested = description !== null && typeof description === 'object' && 'text' in description
  return nested ? { description: description.text } : cells
}
