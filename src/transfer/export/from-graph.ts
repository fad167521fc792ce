// Reads users and relationships of the graph as records for files, page by page in order of id, while the service goes on writing.

import { isoTextOrNull, type Row } from '../../graph/values.ts'
import type { Parts } from '../../parts.ts'
import type { RelationKind } from '../../relations/kinds.ts'
import { profileOf } from '../../users/profile.ts'
import { FIELDS } from '../../users/profile-fields.ts'
import { FIELD_FAULTS } from '../field-fault.ts'
import { type RelationRecord, statementOf } from '../relation.ts'
import { WALK_MS } from '../timeouts.ts'
import type { UserRecord } from '../user.ts'
import { relationPages, userPages } from '../walk.ts'

/** All users in order of id. Fields that an import would refuse (written by hand or by an older release) are left out and reported to `say`. */
export async function* exportUsers(parts: Parts, say: (line: string) => void): AsyncGenerator<UserRecord[]> {
  const nodeOf = ([properties]: Row) => properties as Record<string, unknown>
  for await (const rows of userPages(parts, 'transfer/export-users', (row) => nodeOf(row).id))
    yield rows.map((row) => userRecord(nodeOf(row), say))
}

function userRecord(properties: Record<string, unknown>, say: (line: string) => void): UserRecord {
  const record: UserRecord = profileOf(properties)
  if (record.username === undefined)
    say(`user ${record.id} has no username: an import will call it u${record.id}.`)
  if (record.created_at === undefined)
    say(`user ${record.id} has no created_at: an import will set it to the date of the import.`)
  for (const { name } of FIELDS) {
    const value = record[name]
    const fault = value === undefined ? undefined : FIELD_FAULTS.get(name)?.(value)
    if (fault === undefined) continue
    delete record[name]
    const remedy =
      name === 'username'
        ? 'Repair it with audit --repair.'
        : name === 'created_at'
          ? 'Set it again by an import.'
          : 'Set it again by the API or an import.'
    say(
      `user ${record.id}: its ${name} is left out of the export, because imports refuse it (${fault}). ${remedy}`,
    )
  }
  return record
}

/** All relationships of a kind in order of (user, id), except those without an id: see `leftOut`. */
export async function* exportRelations(parts: Parts, kind: RelationKind): AsyncGenerator<RelationRecord[]> {
  for await (const { from, to, ids, dates } of relationPages(parts, kind)) {
    const records: RelationRecord[] = []
    from.forEach((fromId, n) => {
      const [toId, id, date] = [to[n], ids[n], dates[n]]
      if (typeof fromId !== 'bigint' || typeof toId !== 'bigint' || toId < 1n || typeof id !== 'bigint')
        return
      const record: RelationRecord = { [kind.from]: fromId, [kind.to]: toId }
      const at = typeof date === 'bigint' ? isoTextOrNull(date) : null
      if (at !== null) record[kind.at] = at
      record.id = id
      records.push(record)
    })
    yield records
  }
}

/**
 * Those with ids up to `newest`; `left` hears of the others, page by page. With the highest id that was assigned before the users were
 * read, none of them leads to a user who was created after that. With `highest`, which reads the highest id by now, those with higher ids stay:
 * they were written by hand, and may have been there before.
 */
export async function* upTo(
  newest: bigint,
  relations: AsyncIterable<RelationRecord[]>,
  left: (count: number) => void,
  highest?: () => Promise<bigint>,
): AsyncGenerator<RelationRecord[]> {
  for await (const batch of relations) {
    const isNewer = ({ id }: RelationRecord) => (id as bigint) > newest
    const given = highest !== undefined && batch.some(isNewer) ? await highest() : undefined
    const kept = batch.filter(
      (record) => !isNewer(record) || (given !== undefined && (record.id as bigint) > given),
    )
    left(batch.length - kept.length)
    yield kept
  }
}

/** The number of users, or of relationships of a kind, that an export leaves out because they lack an id or an end. */
export async function leftOut(parts: Parts, kind: RelationKind | 'users'): Promise<bigint> {
  const text = (name: string) => parts.queries.get(`transfer/${name}`).statement
  const statement = kind === 'users' ? text('left-out-users') : statementOf(kind, text('left-out'))
  const [row] = await parts.graph.read('transfer/left-out', statement, {}, WALK_MS)
  return row?.[0] as bigint
}
