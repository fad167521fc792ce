// Runs: imports and repairs, whose changes get no events of their own. Each run ends with one event, a `reset`.

import { randomUUID } from 'node:crypto'
import { clearInterval, setInterval } from '../clock.ts'
import type { Graph } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'

/** An import, a repair or another bulk change in progress. */
export type Run = {
  id: string
  reason: string
  /** Must be awaited before anything is changed: from then on the `reset` is certain, even if this process dies. */
  changing(): Promise<void>
  /** Set to false if nothing was changed after all: then no `reset` is written. */
  changed: boolean
}

type Parts = { graph: Graph; queries: Queries }

const TOUCH_MS = 10_000
// A process that has not touched its run for this time has died. If it was only frozen, it creates the run again.
const ABANDONED_MS = 60_000n
const TIMEOUT_MS = 120_000

function write({ graph, queries }: Parts, name: string, params: Record<string, unknown>): Promise<unknown> {
  return graph.write(`events/${name}`, queries.get(`events/${name}`).statement, params, TIMEOUT_MS)
}

/**
 * Runs `work`. If it changed anything, even if it failed, a `reset` is written at its end. `known` is the id of a run that the
 * graph has already, because a bulk import has loaded it or the beginning of a move has written it. `ending` may send the end of the run again.
 */
export async function asRun<T>(
  parts: Parts,
  reason: string,
  work: (run: Run) => Promise<T>,
  known?: string,
  ending: (end: () => Promise<unknown>) => Promise<unknown> = (end) => end(),
): Promise<T> {
  const id = known ?? randomUUID()
  let begun: Promise<unknown> | undefined = known === undefined ? undefined : Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let touching: Promise<unknown> | undefined
  const touch = () => write(parts, 'touch-run', { run: id, reason })
  const touchAgain = () => {
    touching ??= touch()
      .catch(() => undefined)
      .finally(() => {
        touching = undefined
      })
  }
  const run: Run = {
    id,
    reason,
    changed: true,
    async changing() {
      begun ??= touch()
      timer ??= setInterval(touchAgain, TOUCH_MS).unref()
      try {
        await begun
      } catch (error) {
        // May be called again.
        begun = undefined
        throw error
      }
    },
  }
  try {
    return await work(run)
  } finally {
    clearInterval(timer)
    // If it came after the end, it would create the run again, whose `reset` would follow a minute later.
    await touching
    if (begun !== undefined)
      await ending(() => write(parts, 'end-run', { run: id, reason, changed: run.changed }))
  }
}

/** Ends the runs of processes that died; resolves with their reasons. */
export async function endAbandonedRuns(parts: Parts): Promise<string[]> {
  const { graph, queries } = parts
  const rows = await graph.read('events/abandoned-runs', queries.get('events/abandoned-runs').statement, {
    ms: ABANDONED_MS,
  })
  for (const [run, reason] of rows) await write(parts, 'end-run', { run, reason, changed: true })
  return rows.map(([, reason]) => String(reason))
}
