// Reads a file of users: each field of the User object is a CSV column or a JSON key. It adds no defaults.

import { type FieldType, USER_TYPES, type Values } from '../../users/field-types.ts'
import { COLUMNS, FIELDS, type Field } from '../../users/profile-fields.ts'
import { shown } from '../shown.ts'
import type { UserRecord } from '../user.ts'
import {
  booleanIn,
  dateIn,
  IMAGE_PARTS,
  idIn,
  imageIn,
  integerIn,
  isAbsent,
  listIn,
  requiredIdIn,
  textIn,
  urlIn,
  wordIn,
} from './fields.ts'
import type { Cells, Kind } from './kind.ts'
import type { ReadListener } from './lines.ts'
import { readRecords } from './records.ts'

const USERS: Kind<UserRecord> = {
  columns: [...COLUMNS, ...IMAGE_PARTS, 'bot'],
  required: ['id'],
  exported: COLUMNS.join(','),
  ids: ['id', ...FIELDS.filter(({ type }) => type === 'user-id').map(({ name }) => name)],
  convert: toUser,
}

/**
 * The users of a file (`-` is stdin) in arrays of up to 5,000. Bad lines are reported to `on.bad`. User objects as the API sends them
 * and Mastodon's column `bot` are accepted too. Throws if the file cannot be read.
 */
export function readUsers(path: string, on: ReadListener): AsyncGenerator<UserRecord[]> {
  return readRecords(path, USERS, on)
}

type Reader<Value> = (cells: Cells, faults: string[], field: Field) => Value | undefined

// How the column of a field of each type is read.
const READERS: { [Type in FieldType]: Reader<Values[Type]> } = {
  text: (cells, faults, { name, limits }) => textIn(cells, name, faults, limits?.maxLength),
  url: (cells, faults, { name }) => urlIn(cells, name, faults),
  integer: (cells, faults, { name, limits }) => integerIn(cells, name, faults, limits ?? {}),
  boolean: (cells, faults, { name }) => booleanIn(cells, name, faults),
  flag: (cells, faults, { name }) => booleanIn(cells, name, faults),
  timezone: (cells, faults, { name }) => textIn(cells, name, faults),
  image: (cells, faults, { name }) => imageIn(cells, name, faults),
  username: usernameIn,
  'user-type': typeIn,
  description: (cells, faults, { name }) => textIn(plainDescription(cells), name, faults, 256),
  'created-at': (cells, faults, { name }) => dateIn(cells, name, faults),
  annotations: (cells, faults, { name }) => listIn(cells, name, faults),
  'user-id': (cells, faults, { name }) => idIn(cells, name, faults),
}

const COLUMN_READERS = FIELDS.map((field) => ({ field, read: READERS[field.type] }))

function toUser(cells: Cells, faults: string[]): UserRecord | undefined {
  const id = requiredIdIn(cells, 'id', faults)
  const fields: Record<string, unknown> = {}
  for (const { field, read } of COLUMN_READERS) {
    const value = read(cells, faults, field)
    if (value !== undefined) fields[field.name] = value
  }
  if (id !== undefined && fields.moved_to === id)
    faults.push(`user ${id} cannot have moved to itself: leave moved_to empty`)
  return id === undefined ? undefined : { ...fields, id }
}

function usernameIn(cells: Cells, faults: string[]): string | undefined {
  const username = wordIn(cells, 'username')
  if (username === undefined) return undefined
  if (typeof username === 'string' && /^[A-Za-z0-9_]{1,20}$/.test(username)) return username
  faults.push(`username is ${shown(username)}: write 1 to 20 of the letters a-z, digits and _`)
  return undefined
}

function typeIn(cells: Cells, faults: string[]): UserRecord['type'] {
  const type = wordIn(cells, 'type')
  const known = USER_TYPES.find((one) => one === type)
  if (known !== undefined) return known
  if (!isAbsent(type)) faults.push(`type is ${shown(type)}: write human, feed or bot`)
  else if (booleanIn(cells, 'bot', faults)) return 'bot'
  return undefined
}

/** Takes the text out of a description as the API sends it. */
function plainDescription(cells: Cells): Cells {
  const { description } = cells
  const nested = description !== null && typeof description === 'object' && 'text' in description
  return nested ? { description: description.text } : cells
}
