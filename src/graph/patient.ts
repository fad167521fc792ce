// The graph for long commands: what the database does not do at the moment is sent again for a while, because a person would start the command again.
import { monotonic, wait } from '../clock.ts'
import { GraphUnavailable, waitedForLock } from './failures.ts'
import type { Graph } from './graph.ts'

const PATIENCE_MS = 60_000
const PAUSE_MS = 1_000
// Other reasons do not pass by themselves, such as a refused login, or would become worse, such as too little memory.
const PASSING = new Set(['slow', 'unreachable', 'contention', 'database'])

/** A graph that repeats statements for a minute where that does no harm; `say` is told once that it waits. */
export function patientGraph(graph: Graph, say: (line: string) => void): Graph {
  let told = false
  async function patiently<T>(once: boolean, work: () => Promise<T>): Promise<T> {
    for (const began = monotonic(); ; ) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof GraphUnavailable) || monotonic() - began > PATIENCE_MS) throw error
        // What waited for a lock was certainly rolled back.
        if (!(once ? waitedForLock(error) : PASSING.has(error.reason))) throw error
        if (!told)
          say(
            `The database does not answer in time (${error.reason}). Waiting for it, ${PATIENCE_MS / 1_000} seconds at most …`,
          )
        told = true
        await wait(PAUSE_MS)
      }
    }
  }
  return {
    ...graph,
    get busy() {
      return graph.busy
    },
    read: (...args) => patiently(false, () => graph.read(...args)),
    write: (name, text, params, timeoutMs, once = false) =>
      patiently(once, () => graph.write(name, text, params, timeoutMs, once)),
    transaction: (name, steps, timeoutMs, once = false) =>
      patiently(once, () => graph.transaction(name, steps, timeoutMs, once)),
  }
}
