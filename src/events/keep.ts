// Prunes the log: drops the oldest entries in small transactions. It also ends the runs of processes that died.
import { wallClock } from '../clock.ts'
import type { Graph } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import { pause } from './pause.ts'
import { endAbandonedRuns } from './runs.ts'

/** Events are dropped after `days`, and if there are more than `most`. */
export type EventsKeep = { days: number; most: bigint }

const LOOK_MS = 20_000
// Entries in one transaction; writers wait some milliseconds for it.
const STEP_SIZE = 1_000n
// Fewer entries without events are not dropped: the transaction would add one more such entry.
const FEW = 1_000
const DAY_MS = 86_400_000

type Parts = { graph: Graph; queries: Queries }
type Oldest = [ordinal: bigint, at: bigint, total: bigint, lastEvent: bigint | null]

/** Drops the entries that need not be kept, and resolves with their number. `now` returns milliseconds since 1970. */
export async function dropOld(
  { graph, queries }: Parts,
  keep: EventsKeep,
  now: () => number = wallClock,
): Promise<number> {
  const text = (name: string) => queries.get(`events/${name}`).statement
  let dropped = 0
  for (;;) {
    const [head] = await graph.read('events/head', text('head'))
    const [, newest, total] = head as [bigint, bigint, bigint]
    const oldest = (await graph.read('events/oldest', text('oldest'), { limit: STEP_SIZE })) as Oldest[]
    const before = BigInt(Math.floor(now() - keep.days * DAY_MS))
    // The newest entry always stays: readers check that the next one follows it.
    const kept = oldest.findIndex(
      ([ordinal, at, upTo]) => ordinal >= newest || (at >= before && upTo > total - keep.most),
    )
    const old = kept === -1 ? oldest : oldest.slice(0, kept)
    const last = old.at(-1)
    if (last === undefined || (old.length < FEW && old.every(([, , , event]) => event === null)))
      return dropped
    const lastEvent = old.findLast(([, , , event]) => event !== null)?.[3] ?? 0n
    await graph.write('events/drop', text('drop'), { ordinal: last[0], last_event: lastEvent })
    dropped += old.length
    if (BigInt(oldest.length) < STEP_SIZE || kept !== -1) return dropped
  }
}

/** Prunes the log from time to time until `stopping` returns true; errors are ignored until the next time. */
export async function keepLog(parts: Parts, keep: EventsKeep, stopping: () => boolean): Promise<void> {
  while (!stopping()) {
    await dropOld(parts, keep).catch(() => undefined)
    await endAbandonedRuns(parts).catch(() => undefined)
    await pause(LOOK_MS * (0.75 + Math.random() / 2))
  }
}
