// Reads a file of relationships, CSV or JSON lines; follows have the columns `follower_id,followee_id[,followed_at,id]`.

import type { RelationKind } from '../../relations/kinds.ts'
import { MAX_RELATION_ID, type RelationRecord } from '../relation.ts'
import { dateIn, idIn, requiredIdIn } from './fields.ts'
import type { Kind } from './kind.ts'
import type { ReadListener } from './lines.ts'
import { readRecords } from './records.ts'

/** The relationships of a file (`-` is stdin) in arrays of up to 5,000. Bad lines are reported to `on.bad`; throws if the file cannot be read. */
export function readRelations(
  path: string,
  kind: RelationKind,
  on: ReadListener,
): AsyncGenerator<RelationRecord[]> {
  return readRecords(path, fileKind(kind), on)
}

function fileKind(kind: RelationKind): Kind<RelationRecord> {
  const { from, to, at, logged } = kind
  return {
    columns: [from, to, at, 'id'],
    required: [from, to],
    ids: [from, to, 'id'],
    hint: (fields) =>
      fields.some((field) => /^@?\S+@\S+$|^account address$/i.test(field.trim()))
        ? ' A list that Mastodon exported needs --as USER.'
        : '',
    convert(cells, faults) {
      const fromId = requiredIdIn(cells, from, faults)
      const toId = requiredIdIn(cells, to, faults)
      const date = dateIn(cells, at, faults)
      const id = idIn(cells, 'id', faults)
      if (id !== undefined && id > MAX_RELATION_ID)
        faults.push(`id is ${id}: write one up to ${MAX_RELATION_ID}, or leave it out`)
      if (fromId === undefined || toId === undefined) return undefined
      if (fromId === toId) faults.push(`user ${fromId} cannot ${logged[0]} itself: remove the line`)
      const record: RelationRecord = { [from]: fromId, [to]: toId }
      if (date !== undefined) record[at] = date
      if (id !== undefined) record.id = id
      return record
    },
  }
}
