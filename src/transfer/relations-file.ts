// Knows how a relationship stands in a file: `follower_id,followee_id[,followed_at,id]` and its likes, CSV or JSON lines.
import { dateIn, idIn, requiredIdIn } from './fields.ts'
import type { Listener } from './lines.ts'
import { formatOf, writeWhole } from './output.ts'
import { type Kind, readRecords } from './records.ts'
import type { RelationKind, RelationRecord } from './relation.ts'

/** The relationships of a file (`-` is stdin) in arrays of up to 5,000; bad lines go to `on.bad`. Throws where the file cannot be read at all. */
export function readRelations(
  path: string,
  kind: RelationKind,
  on: Listener,
): AsyncGenerator<RelationRecord[]> {
  return readRecords(path, fileKind(kind), on)
}

/** Writes relationships (`-` is stdout) in the format that the name asks for, whole or not at all; answers how many. */
export async function writeRelations(
  path: string,
  kind: RelationKind,
  relations: AsyncIterable<RelationRecord[]>,
): Promise<number> {
  const { from, to, at } = kind
  const json = formatOf(path) === 'json lines'
  const line = json
    ? (record: RelationRecord) =>
        `${JSON.stringify({ [from]: String(record[from]), [to]: String(record[to]), [at]: record[at], id: record.id?.toString() })}\n`
    : (record: RelationRecord) => `${record[from]},${record[to]},${record[at] ?? ''},${record.id ?? ''}\n`
  let written = 0
  async function* pieces(): AsyncGenerator<string> {
    if (!json) yield `${from},${to},${at},id\n`
    for await (const batch of relations) {
      written += batch.length
      if (batch.length > 0) yield batch.map(line).join('')
    }
  }
  await writeWhole(path, pieces())
  return written
}

const VERBS = { follows: 'follow', mutes: 'mute', blocks: 'block' } as const

function fileKind(kind: RelationKind): Kind<RelationRecord> {
  const { from, to, at, plural } = kind
  return {
    columns: [from, to, at, 'id'],
    required: [from, to],
    ids: [from, to, 'id'],
    convert(cells, faults) {
      const fromId = requiredIdIn(cells, from, faults)
      const toId = requiredIdIn(cells, to, faults)
      const date = dateIn(cells, at, faults)
      const id = idIn(cells, 'id', faults)
      if (fromId === undefined || toId === undefined) return undefined
      if (fromId === toId) faults.push(`user ${fromId} cannot ${VERBS[plural]} itself: remove the line`)
      const record: RelationRecord = { [from]: fromId, [to]: toId }
      if (date !== undefined) record[at] = date
      if (id !== undefined) record.id = id
      return record
    },
  }
}
