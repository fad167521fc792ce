// Writes relationships to a file, as CSV or JSON lines.

import type { RelationKind } from '../../relations/kinds.ts'
import { formatOf } from '../format.ts'
import type { RelationRecord } from '../relation.ts'
import { writeWhole } from './output.ts'

/** Writes relationships (`-` is stdout) in the format of the file's name; resolves with their number. */
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
