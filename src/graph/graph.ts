// Runs Cypher statements with timeouts, transactions and bounded retries.

import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Session } from 'neo4j-driver'
import { monotonic, wait } from '../clock.ts'
import { createConnections } from './connections.ts'
import { type Connection, transactionConfig, untraced } from './driver.ts'
import { failureKind, failureReason, GraphUnavailable, outcomeUnknown } from './failures.ts'
import { createLogin } from './login.ts'
import { createPlanning, PLAN_TIMEOUT_MS, type Planning, type Step } from './planning.ts'
import { isCluster } from './uri.ts'
import { dateTime, type Row, rowsOf } from './values.ts'

export type { Row, Step }

/** Called after each round trip, for metrics and health. */
export type GraphObserver = (event: { name: string; ms: number; failed: string | null }) => void

export type GraphOptions = Connection & {
  observe?: GraphObserver
  /** Called after each transaction that may have written, also after one that was rolled back. */
  committed?: () => void
  /** The default timeout of a call; 5 s if not given. */
  timeoutMs?: number
}

export type Graph = {
  /** Runs one auto-commit statement that only reads, on a reader of a cluster. It sees all transactions up to the bookmark `after`. */
  read(
    name: string,
    text: string,
    params?: Record<string, unknown>,
    timeoutMs?: number,
    after?: string,
  ): Promise<Row[]>
  /** Like `read`, with the bookmark that came with the answer. */
  readWithBookmark(
    name: string,
    text: string,
    params: Record<string, unknown>,
    timeoutMs: number,
    after?: string,
  ): Promise<{ rows: Row[]; bookmark: string | undefined }>
  /**
   * Runs one auto-commit statement that writes. It is retried if the outcome is unknown, so it must be idempotent, and a repeat must have the same
   * answer; otherwise `once` is true, and the call fails with GraphUnavailable then.
   */
  write(
    name: string,
    text: string,
    params?: Record<string, unknown>,
    timeoutMs?: number,
    once?: boolean,
  ): Promise<Row[]>
  /** Runs statements in one write transaction, without waiting between them; `once` as for `write`. */
  transaction(name: string, steps: Step[], timeoutMs?: number, once?: boolean): Promise<Row[][]>
  /** Like `transaction`, but always rolled back: nothing is written. */
  runAndRollBack(name: string, steps: Step[], timeoutMs?: number): Promise<void>
  /** Resolves once the database answers a query, rejects with GraphUnavailable otherwise. */
  ping(): Promise<void>
  /** See Planning: `text` is the same statement with hints for the planner. */
  sendAs: Planning['sendAs']
  /** A value that Neo4j stores as a datetime, from `2012-12-31T13:22:55Z`. */
  dateTime(iso: string): unknown
  /** Plans a statement that was passed to `sendAs`, with a timeout of its own; resolves when that is done or has failed. */
  plan: Planning['plan']
  /** Waits for those of the statements that are being planned; counts as a call of this name that was slow if that takes longer than `timeoutMs`. */
  planned(name: string, statements: string[], timeoutMs: number): Promise<void>
  /** The default timeout of a call, in milliseconds. */
  readonly timeoutMs: number
  /** The number of open sessions. */
  readonly busy: number
  /** Takes a second at most, whatever the database does. */
  close(): Promise<void>
}

/** The timeout of one query of a request, retries included: a request to a database that hangs gets a 503 within three seconds. */
export const REQUEST_TIMEOUT_MS = 2_400

const QUERY_TIMEOUT_MS = 5_000
const PING_TIMEOUT_MS = 1_500
// Our timeout is longer than the server's by this much: the server's error says more.
const GRACE_MS = 100
// Limits for the retries of one call. The driver's own executeWrite waits a second before its first retry, although after a deadlock
// a few milliseconds are enough. Measured: 1.0 to 1.4 s with the driver's backoff, 0.06 s with ours.
const TRIES = 5
const BUDGET_MS = 2_000

const tracer = trace.getTracer('follow-graph')

/** Connects lazily: the first query opens the first connection. */
export function openGraph(options: GraphOptions): Graph {
  const routed = isCluster(options.uri)
  const connections = createConnections(options, routed)
  const { within } = connections
  const defaultTimeoutMs = options.timeoutMs ?? QUERY_TIMEOUT_MS

  type Work<T> = (session: Session, timeout: number, late: () => boolean) => Promise<T>
  async function attempt<T>(
    name: string,
    access: 'READ' | 'WRITE',
    timeoutMs: number,
    work: Work<T>,
    { after, once = false }: { after?: string | undefined; once?: boolean } = {},
  ): Promise<T> {
    const started = monotonic()
    if (!login.done) await within(timeoutMs + GRACE_MS, login.allowed())
    for (let tries = 1; ; tries += 1) {
      const opened = connections.open(access, after)
      const { session } = opened
      const began = monotonic()
      const left = Math.max(1, Math.floor(started + timeoutMs - began))
      const span = tracer.startSpan(name, {
        kind: SpanKind.CLIENT,
        attributes: { 'db.system.name': 'neo4j', 'db.operation.name': name },
      })
      let over = false
      try {
        const value = await within(
          left + GRACE_MS,
          work(session, left, () => over),
        )
        options.observe?.({ name, ms: monotonic() - began, failed: null })
        if (access === 'WRITE') options.committed?.()
        return value
      } catch (error) {
        over = true
        login.failed(error)
        const reason = failureReason(error)
        options.observe?.({ name, ms: monotonic() - began, failed: reason })
        span.setStatus({ code: SpanStatusCode.ERROR, message: reason })
        const kind = failureKind(error)
        const spent = monotonic() - started
        const certain = !(once && outcomeUnknown(error))
        const again = (kind === 'retry' && tries < TRIES && certain) || (kind === 'conflict' && tries < 2)
        if (again && spent < Math.min(BUDGET_MS, timeoutMs)) {
          await wait(5 + Math.random() * 20 * tries)
          continue
        }
        if (kind === 'retry' || kind === 'unavailable')
          throw error instanceof GraphUnavailable ? error : new GraphUnavailable(reason, error)
        throw error
      } finally {
        span.end()
        connections.shut(opened)
      }
    }
  }

  const { sendAs, textOf, plan, guarded } = createPlanning(
    () => sharedPing(),
    ({ text, params }) =>
      inTransaction('plans/other', [{ text: `EXPLAIN ${text}`, params }], PLAN_TIMEOUT_MS, false),
  )
  const inTransaction = (name: string, steps: Step[], timeoutMs: number, keep: boolean, once = false) => {
    const work: Work<Row[][]> = async (session, timeout, late) => {
      const tx = await session.beginTransaction(transactionConfig(name, timeout))
      try {
        const results = await Promise.all(
          steps.map((step) => untraced(() => tx.run(textOf(step.text), step.params))),
        )
        // The caller was answered 503 already: the transaction must not be committed after that.
        if (late()) throw new GraphUnavailable('slow')
        const rows = results.map((result) => rowsOf(result.records))
        await (keep ? tx.commit() : tx.rollback())
        return rows
      } catch (error) {
        await tx.close().catch(() => undefined)
        throw error
      }
    }
    return attempt(name, 'WRITE', timeoutMs, work, { once })
  }

  // Calls that time out while they wait for planning are observed like other failures.
  const guard = <T>(name: string, steps: Step[], timeoutMs: number, work: (leftMs: number) => Promise<T>) =>
    guarded(steps, timeoutMs, work, () => options.observe?.({ name, ms: timeoutMs, failed: 'slow' }))

  const single =
    (access: 'READ' | 'WRITE', once = false): Graph['readWithBookmark'] =>
    (name, text, params, timeoutMs, after) =>
      guard(name, [{ text, params }], timeoutMs, (left) =>
        attempt(
          name,
          access,
          left,
          async (session, timeout) => {
            const config = transactionConfig(name, timeout)
            const { records } = await untraced(() => session.run(textOf(text), params, config))
            return { rows: rowsOf(records), bookmark: session.lastBookmarks()[0] }
          },
          { after, once },
        ),
      )
  const readWithBookmark = single('READ')
  const change = single('WRITE')
  const changeOnce = single('WRITE', true)

  // Concurrent pings share one query.
  let pinging: Promise<void> | undefined
  async function ping(): Promise<void> {
    try {
      if (!login.done) await within(PING_TIMEOUT_MS, login.allowed())
      await sendPing()
    } catch (error) {
      login.failed(error)
      throw error instanceof GraphUnavailable ? error : new GraphUnavailable(failureReason(error), error)
    } finally {
      pinging = undefined
    }
  }

  async function sendPing(): Promise<void> {
    const opened = connections.open('READ')
    try {
      await within(PING_TIMEOUT_MS, opened.session.run('RETURN 1', {}, { timeout: PING_TIMEOUT_MS }))
    } finally {
      connections.shut(opened)
    }
  }
  const login = createLogin(sendPing)
  const sharedPing = () => (pinging ??= ping())

  return {
    read: async (name, text, params = {}, timeoutMs = defaultTimeoutMs, after) =>
      (await readWithBookmark(name, text, params, timeoutMs, after)).rows,
    readWithBookmark,
    write: async (name, text, params = {}, timeoutMs = defaultTimeoutMs, once = false) =>
      (await (once ? changeOnce : change)(name, text, params, timeoutMs)).rows,
    transaction: (name, steps, timeoutMs = defaultTimeoutMs, once = false) =>
      guard(name, steps, timeoutMs, (left) => inTransaction(name, steps, left, true, once)),
    runAndRollBack: async (name, steps, timeoutMs = defaultTimeoutMs) =>
      void (await inTransaction(name, steps, timeoutMs, false)),
    ping: sharedPing,
    sendAs,
    plan,
    planned: (name, statements, timeoutMs) => {
      const steps = statements.map((text) => ({ text, params: {} }))
      return guard(name, steps, timeoutMs, async () => undefined)
    },
    timeoutMs: defaultTimeoutMs,
    dateTime,
    get busy() {
      return connections.busy
    },
    close: connections.close,
  }
}
