// The pairs of a batch of relationships: what its lines say about them, and what the graph has of them.
import { isoTextOrNull } from '../../graph/values.ts'
import type { Parts } from '../../parts.ts'
import type { RelationKind } from '../../relations/kinds.ts'
import { type RelationRecord, statementOf } from '../relation.ts'
import { TIMEOUT_MS } from './options.ts'

export type Pair = {
  record: RelationRecord
  key: string
  /** Its place in the batch. */
  place: number
  from: bigint
  to: bigint
  id: bigint | null
  date: string | null
  /** The id of the existing relationship. */
  current?: unknown
  /** The other lines of the pair in this batch, in the order in which they count if this one is refused for its id. */
  others?: Pair[]
}

/** The relationship of a pair in the graph; `blocked`: one of the two users blocks the other. */
export type Existing = { exists: boolean; id: unknown; at: bigint | null; blocked: boolean }

export const keyOf = ({ from, to }: RelationKind, record: RelationRecord): string =>
  `${record[from]},${record[to]}`

/** The lines of a pair, the one that counts first. */
export const linesOf = (pair: Pair): Pair[] => [pair, ...(pair.others ?? [])]

/** The line of a pair at this place, with those after it as its others. */
export function beginning(lines: Pair[], at: number): Pair {
  const line = lines[at] as Pair
  if (at < lines.length - 1) line.others = lines.slice(at + 1)
  return line
}

/** Of several lines of a pair the first counts, with `lastWins` the last. */
export function distinctPairs(records: RelationRecord[], kind: RelationKind, lastWins: boolean): Pair[] {
  const lines = new Map<string, Pair[]>()
  for (const [place, record] of records.entries()) {
    const key = keyOf(kind, record)
    const pair: Pair = {
      record,
      key,
      place,
      from: record[kind.from] as bigint,
      to: record[kind.to] as bigint,
      id: (record.id as bigint | undefined) ?? null,
      date: (record[kind.at] as string | undefined) ?? null,
    }
    const same = lines.get(key)
    if (same === undefined) lines.set(key, [pair])
    else same.push(pair)
  }
  return [...lines.values()].map((all) => beginning(lastWins ? all.reverse() : all, 0))
}

/** All lines of these pairs, in the order in which they get the ids that they name. */
export const linesInTurn = (pairs: Pair[], lastWins: boolean): Pair[] =>
  lastWins
    ? [...pairs, ...pairs.flatMap(({ others }) => others ?? [])]
    : pairs.flatMap(linesOf).sort((a, b) => a.place - b.place)

/** What the graph has of these pairs, by their index; those of which it has neither a relationship nor a block are absent. */
export async function findExisting(
  parts: Parts,
  kind: RelationKind,
  pairs: Pair[],
): Promise<Map<number, Existing>> {
  const text = statementOf(kind, parts.queries.get('transfer/existing').statement)
  const params = { from: pairs.map((pair) => pair.from), to: pairs.map((pair) => pair.to) }
  const rows = await parts.graph.read('transfer/existing', text, params, TIMEOUT_MS)
  return new Map(
    rows.map(([n, exists, id, made, blocked]) => [
      Number(n),
      { exists: exists === true, id, at: made as bigint | null, blocked: blocked === true },
    ]),
  )
}

/** Whether the line of a pair says something else than what exists. */
export function differs(pair: Pair, existing: Existing): boolean {
  const date = isoTextOrNull(existing.at)
  return (pair.id !== null && pair.id !== existing.id) || (pair.date !== null && pair.date !== date)
}
