// Reads a file of users: each field of the User object is a CSV column or a JSON key. It adds no defaults.

import type { FieldType } from '../../users/field-types.ts'
import { COLUMNS, FIELDS, type Field } from '../../users/profile-fields.ts'
import { type FaultOf, FIELD_FAULTS } from '../field-fault.ts'
import type { UserRecord } from '../user.ts'
import {
  booleanIn,
  dateIn,
  IMAGE_PARTS,
  idIn,
  imageIn,
  integerIn,
  isAbsent,
  jsonIn,
  requiredIdIn,
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

type Reader = (cells: Cells, faults: string[], field: Field) => unknown

// How the column of a field of each type is read: as a profile holds it, or as it is if it makes no sense.
const READERS: { [Type in FieldType]: Reader } = {
  // Of a text with a pattern, such as a locale, spaces around are no part.
  text: (cells, _, { name, limits }) => (limits?.pattern === undefined ? textIn : wordIn)(cells, name),
  url: word,
  integer: (cells, _, { name }) => integerIn(cells, name),
  boolean: (cells, faults, { name }) => booleanIn(cells, name, faults),
  flag: (cells, faults, { name }) => booleanIn(cells, name, faults),
  timezone: word,
  image: (cells, faults, { name }) => imageIn(cells, name, faults),
  username: word,
  'user-type': typeIn,
  description: (cells, _, { name }) => textIn(plainDescription(cells), name),
  'created-at': (cells, faults, { name }) => dateIn(cells, name, faults),
  annotations: (cells, faults, { name }) => jsonIn(cells, name, faults),
  'user-id': (cells, faults, { name }) => idIn(cells, name, faults),
}

const COLUMN_READERS = FIELDS.map((field) => ({
  field,
  read: READERS[field.type],
  faultOf: FIELD_FAULTS.get(field.name) as FaultOf,
}))

function toUser(cells: Cells, faults: string[]): UserRecord | undefined {
  const id = requiredIdIn(cells, 'id', faults)
  const fields: Record<string, unknown> = {}
  for (const { field, read, faultOf } of COLUMN_READERS) {
    const value = read(cells, faults, field)
    if (isAbsent(value)) continue
    const fault = faultOf(value)
    if (fault === undefined) fields[field.name] = value
    else faults.push(fault)
  }
  if (id !== undefined && fields.moved_to === id)
    faults.push(`user ${id} cannot have moved to itself: leave moved_to empty`)
  return id === undefined ? undefined : { ...fields, id }
}

const textIn = (cells: Cells, column: string): unknown => cells[column]

function word(cells: Cells, _: string[], { name }: Field): unknown {
  return wordIn(cells, name)
}

function typeIn(cells: Cells, faults: string[]): unknown {
  const type = wordIn(cells, 'type')
  if (!isAbsent(type)) return type
  if (booleanIn(cells, 'bot', faults)) return 'bot'
  return undefined
}

/** Takes the text out of a description as the API sends it. */
function plainDescription(cells: Cells): Cells {
  const { description } = cells
  const nested = description !== null && typeof description === 'object' && 'text' in description
  return nested ? { description: description.text } : cells
}
