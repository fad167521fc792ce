// Prunes the log: drops the oldest entries in small transactions. It also ends the runs of processes that died.
import type { Graph } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import { pause } from './pause.ts'
import { endAbandonedRuns } from './runs.ts'

/** Events are dropped after `days` days; if there are more than `most`, the oldest are dropped earlier. */
export type EventsKeep = { days: number; most: bigint }

const PRUNE_EVERY_MS = 20_000
// The number of entries that one transaction drops; other writers wait some milliseconds for it.
const STEP_SIZE = 1_000n
// If the entries to drop have no events and are fewer than this, they are not dropped, because the transaction itself adds such an entry.
const FEW = 1_000
const DAY_MS = 86_400_000

type Parts = { graph: Graph; queries: Queries }
type Oldest = [ordinal: bigint, age: bigint, total: bigint, lastEvent: bigint | null]

/** Drops the entries that need not be kept, by the database's clock, and resolves with their number. */
export async function dropOld({ graph, queries }: Parts, keep: EventsKeep): Promise<number> {
  const text = (name: string) => queries.get(`events/${name}`).statement
  const longestMs = BigInt(Math.ceil(keep.days * DAY_MS))
  let dropped = 0
  // Only one entry is read first, because nearly always even the oldest entry need not be dropped. Reading a thousand each time took 12 to
  // 370 ms on a database that was just started.
  for (let limit = 1n; ; limit = STEP_SIZE) {
    const [head] = await graph.read('events/head', text('head'))
    const [, newest, total] = head as [bigint, bigint, bigint]
    const oldest = (await graph.read('events/oldest', text('oldest'), { limit })) as Oldest[]
    // The newest entry always stays: readers check that the next one follows it.
    const kept = oldest.findIndex(
      ([ordinal, age, upTo]) => ordinal >= newest || (age <= longestMs && upTo > total - keep.most),
    )
    const old = kept === -1 ? oldest : oldest.slice(0, kept)
    if (limit < STEP_SIZE && old.length > 0) continue
    const last = old.at(-1)
    if (last === undefined || (old.length < FEW && old.every(([, , , event]) => event === null)))
      return dropped
    const lastEvent = old.findLast(([, , , event]) => event !== null)?.[3] ?? 0n
    await graph.write('events/drop', text('drop'), { ordinal: last[0], last_event: lastEvent })
    dropped += old.length
    if (BigInt(oldest.length) < STEP_SIZE || kept !== -1) return dropped
  }
}

/**
 * Prunes the log from time to time until `stopping` returns true; errors are ignored, and the next time tries again. Each time it also ends the
 * runs of processes that died, and then calls `also`.
 */
export async function keepLog(
  parts: Parts,
  keep: EventsKeep,
  stopping: () => boolean,
  also: () => void,
): Promise<void> {
  while (!stopping()) {
    await dropOld(parts, keep).catch(() => undefined)
    await endAbandonedRuns(parts).catch(() => undefined)
    also()
    await pause(PRUNE_EVERY_MS * (0.75 + Math.random() / 2))
  }
}
