// Watches whether changes are committed. If they fail although the database answers, it logs the transactions that block them, and
// terminates our own that are overdue.
import { monotonic, wait } from '../clock.ts'
import type { Graph, GraphObserver } from './graph.ts'
import { TAKE_LOCK } from './log-entry.ts'

/** A transaction in the log line; `query` is the name of our statement, or the beginning of another program's. */
export type Holder = {
  id: string
  ours: boolean
  instance: string | null
  /** User and address of the connection. */
  client: string
  query: string
  elapsed_ms: number
  status: string
}

export type WriterWatch = {
  /** Must be called after each round trip to the database. */
  observe: GraphObserver
  /** True if changes were tried and none was committed for three seconds, until the lock can be acquired again. */
  readonly stuck: boolean
  stop(): void
}

const STUCK_MS = 3_000
// Where changes are rare, the failure before the last one may be from long ago, and have had another cause: then only the lock counts.
const LONG_AGO_MS = 10_000
const CHECK_EVERY_MS = 1_000
// Long, because the query is rarely run, so it may need planning, on a database that may be slow.
const QUERY_TIMEOUT_MS = 10_000
const LOCK_TIMEOUT_MS = 2_000
// Neo4j terminates a transaction within two seconds after its timeout; one that is older hangs.
const OVERDUE_MS = 3_000
const MAX_SHOWN = 10
const LONG_TRANSACTIONS = `SHOW TRANSACTIONS YIELD transactionId, currentQuery, elapsedTime, status, metaData, username, clientAddress
WHERE elapsedTime.milliseconds >= 1000
RETURN transactionId, left(currentQuery, 100), elapsedTime.milliseconds, status,
  metaData.service = 'follow-graph' AND metaData.timeout_ms IS NOT NULL, metaData.instance, metaData.statement, metaData.timeout_ms,
  username + ' ' + clientAddress
ORDER BY elapsedTime.milliseconds DESC`
// Failures of a change that other transactions may have caused; an unreachable database is not among them.
const HELD_UP = new Set(['slow', 'busy', 'contention'])

/** `report.warn` writes a log line; `report.counted` is called once each time changes stop. */
export function createWriterWatch(
  graph: Pick<Graph, 'read' | 'runAndRollBack' | 'ping'>,
  report: { warn(fields: object, message: string): void; counted(): void },
): WriterWatch {
  let failingSince: number | null = null
  let lastFailure = 0
  let longAgo = false
  let counted = false
  let stuck = false
  let stopped = false

  async function logHolders(): Promise<void> {
    const rows = await graph.read('watch/transactions', LONG_TRANSACTIONS, {}, QUERY_TIMEOUT_MS)
    const overdue: string[] = []
    const holders = rows.map(
      ([id, text, elapsed, status, own, instance, statement, timeout, client]): Holder => {
        const ours = own === true
        if (ours && Number(elapsed) > Number(timeout) + OVERDUE_MS) overdue.push(id as string)
        return {
          id: id as string,
          ours,
          instance: instance as string | null,
          client: String(client),
          query: (ours ? statement : text) as string,
          elapsed_ms: Number(elapsed),
          status: String(status),
        }
      },
    )
    report.warn({ transactions: holders.slice(0, MAX_SHOWN), ended: overdue }, 'changes are held up')
    if (overdue.length > 0)
      await graph.read('watch/end', 'TERMINATE TRANSACTIONS $ids', { ids: overdue }, QUERY_TIMEOUT_MS)
  }

  const canLock = () =>
    succeeds(graph.runAndRollBack('watch/lock', [{ text: TAKE_LOCK, params: {} }], LOCK_TIMEOUT_MS))

  // Logs the blocking transactions every second until the lock can be acquired, or the database does not answer.
  async function watchUntilFree(perhaps: boolean): Promise<void> {
    if (perhaps && (await canLock())) return
    // A change that succeeds meanwhile ends what `counted` is about, and not this watch.
    let reported = false
    while (!stopped) {
      // `/health/ready` reports a database that does not answer.
      if (!(await succeeds(graph.ping()))) break
      if (!reported && !counted) report.counted()
      reported = counted = true
      await succeeds(logHolders())
      if (await canLock()) break
      await wait(CHECK_EVERY_MS, undefined, { ref: false })
    }
  }

  return {
    observe({ name, failed }) {
      if (!name.startsWith('changes/')) return
      if (failed === null) {
        failingSince = null
        counted = false
      } else if (HELD_UP.has(failed)) {
        const now = monotonic()
        longAgo = now - lastFailure > LONG_AGO_MS
        lastFailure = now
        failingSince ??= now
      }
      if (failingSince === null || stuck || stopped || monotonic() - failingSince < STUCK_MS) return
      stuck = true
      void watchUntilFree(longAgo).finally(() => {
        stuck = false
        failingSince = null
      })
    },
    get stuck() {
      return stuck
    },
    stop() {
      stopped = true
    },
  }
}

const succeeds = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  )
