// Knows the driver: sessions, time-outs and our own bounded retry; it knows no query.
import { setTimeout as wait } from 'node:timers/promises'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import neo4j, { type Driver, type Session } from 'neo4j-driver'
import { connect, untraced } from './driver.ts'
import { answeredByServer, failureKind, failureReason, GraphUnavailable } from './failures.ts'
import type { Mark, Standing } from './standing.ts'
import { dateTime, type Row, rowsOf } from './values.ts'

export type { Row }

/** A statement and its parameters. */
export type Step = { text: string; params: Record<string, unknown> }

/** Told after each round trip: for metrics and traces. */
export type GraphObserver = (event: { name: string; ms: number; failed: string | null }) => void

export type GraphOptions = {
  uri: string
  username: string
  password: string
  database: string
  observe?: GraphObserver
  /** Told of every answer, with its bookmark. */
  standing?: Pick<Standing, 'sent' | 'answered' | 'failed'>
  /** How long a call may take that names no time of its own; 5 s by default. */
  timeoutMs?: number
}

export type Graph = {
  /**
   * One auto-commit statement that only reads; routed to a reader on a cluster. Of `after`, a bookmark, it sees all up to there.
   */
  read(
    name: string,
    text: string,
    params?: Record<string, unknown>,
    timeoutMs?: number,
    after?: string,
  ): Promise<Row[]>
  /** One auto-commit statement that writes. Statements must bear being run twice: an unknown outcome is retried. */
  write(name: string, text: string, params?: Record<string, unknown>, timeoutMs?: number): Promise<Row[]>
  /**
   * Several statements in one write transaction; all sent before the first answer is awaited. Undone where `keep` is false
   * of their rows.
   */
  transaction(
    name: string,
    steps: Step[],
    timeoutMs?: number,
    keep?: (results: Row[][]) => boolean,
  ): Promise<Row[][]>
  /** As `transaction`, and undone at its end: nothing is written. */
  rehearse(name: string, steps: Step[], timeoutMs?: number): Promise<void>
  /** Resolves once the database answers a query, rejects with GraphUnavailable otherwise. */
  ping(): Promise<void>
  /** From now on `text` is what is sent for this statement: the same one, with what the planner is to know about it. */
  sendAs(statement: string, text: string): void
  /** A value that Neo4j stores as a datetime, from `2012-12-31T13:22:55Z`. */
  dateTime(iso: string): unknown
  /** Sessions that hold a connection, or want one. */
  readonly busy: number
  /** Takes a second at most, whatever the database does. */
  close(): Promise<void>
}

/** How long one query of a request may take, its retries included: a database that hangs is a 503 within three seconds. */
export const REQUEST_TIMEOUT_MS = 2_400

const QUERY_TIMEOUT_MS = 5_000
const PING_TIMEOUT_MS = 1_500
// The server's own time-out fires first where the server is alive: its answer says more.
const GRACE_MS = 100
// After so long without any answer the connections are taken for dead (a host that vanished sends no farewell, and
// TCP would go on for a quarter of an hour): new ones are opened.
const SILENCE_MS = 5_000
// Tries and time of one call in all. The driver's own executeWrite waits a second before its first retry; a
// deadlock's loser needs a few milliseconds (RELIABILITY.md section 2: 1.0-1.4 s against 0.06 s).
const TRIES = 5
const BUDGET_MS = 2_000

const tracer = trace.getTracer('follow-graph')

/** Connects lazily: the first query opens the first connection. */
export function openGraph(options: GraphOptions): Graph {
  let driver = connect(options)
  let silentSince: number | null = null
  let busy = 0
  // How those who wait for an answer are told that none will come.
  const waiting = new Set<(reason: GraphUnavailable) => void>()
  const routed = options.uri.startsWith('neo4j')
  // Servers of a cluster answer each with what it has itself.
  const standing = routed ? undefined : options.standing
  const bookmarkManager = routed ? neo4j.bookmarkManager() : undefined
  const usual = options.timeoutMs ?? QUERY_TIMEOUT_MS

  function open(access: 'READ' | 'WRITE', after?: string): Session {
    busy += 1
    return driver.session({
      database: options.database,
      defaultAccessMode: access === 'READ' ? neo4j.session.READ : neo4j.session.WRITE,
      ...(bookmarkManager === undefined ? {} : { bookmarkManager }),
      ...(after === undefined ? {} : { bookmarks: after }),
    })
  }

  // Closing sends RESET only when something is left over; a failure here says nothing about the answer.
  function shut(session: Session, of: Driver): void {
    const done = () => {
      // A session of connections that were given up may never close; it was counted out with them.
      if (of === driver) busy -= 1
    }
    session.close().then(done, done)
  }

  // The driver waits for ever for a server that is stopped; a caller does not.
  async function within<T>(ms: number, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    let giveUp: (reason: GraphUnavailable) => void = () => undefined
    const began = performance.now()
    const late = new Promise<never>((_, reject) => {
      giveUp = reject
      waiting.add(giveUp)
      timer = setTimeout(() => {
        silentSince ??= began
        if (performance.now() - silentSince > SILENCE_MS) renew()
        reject(new GraphUnavailable('slow'))
      }, ms)
    })
    try {
      const value = await Promise.race([work, late])
      silentSince = null
      return value
    } finally {
      clearTimeout(timer)
      waiting.delete(giveUp)
    }
  }

  function renew(): void {
    silentSince = null
    busy = 0
    driver.close().catch(() => undefined)
    driver = connect(options)
  }

  // What is rolled back comes without one.
  function tell(access: 'READ' | 'WRITE', bookmark: string | undefined, mark: Mark | undefined): void {
    if (mark !== undefined && bookmark !== undefined) standing?.answered(bookmark, mark)
    else if (access === 'READ') standing?.failed()
  }

  type Work<T> = (session: Session, timeout: number, late: () => boolean) => Promise<T>
  async function attempt<T>(
    name: string,
    access: 'READ' | 'WRITE',
    timeoutMs: number,
    work: Work<T>,
    after?: string,
  ): Promise<T> {
    const started = performance.now()
    for (let tries = 1; ; tries += 1) {
      const session = open(access, tries === 1 ? after : undefined)
      const mark = standing?.sent()
      const used = driver
      const began = performance.now()
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
        options.observe?.({ name, ms: performance.now() - began, failed: null })
        tell(access, session.lastBookmarks()[0], mark)
        return value
      } catch (error) {
        over = true
        if (!answeredByServer(error)) standing?.failed()
        const reason = failureReason(error)
        options.observe?.({ name, ms: performance.now() - began, failed: reason })
        span.setStatus({ code: SpanStatusCode.ERROR, message: reason })
        const kind = failureKind(error)
        const spent = performance.now() - started
        const again = (kind === 'retry' && tries < TRIES) || (kind === 'conflict' && tries < 2)
        if (again && spent < Math.min(BUDGET_MS, timeoutMs)) {
          await wait(5 + Math.random() * 20 * tries)
          continue
        }
        if (kind === 'retry' || kind === 'unavailable')
          throw error instanceof GraphUnavailable ? error : new GraphUnavailable(reason, error)
        throw error
      } finally {
        span.end()
        shut(session, used)
      }
    }
  }

  const sent = new Map<string, string>()
  const textOf = (statement: string) => sent.get(statement) ?? statement
  const run = async (session: Session, text: string, params: Record<string, unknown>, timeout: number) =>
    rowsOf((await untraced(() => session.run(textOf(text), params, { timeout }))).records)

  const inTransaction = (
    name: string,
    steps: Step[],
    timeoutMs: number,
    keep: (results: Row[][]) => boolean,
  ) =>
    attempt(name, 'WRITE', timeoutMs, async (session, timeout, late) => {
      const tx = await session.beginTransaction({ timeout })
      try {
        const results = await Promise.all(
          steps.map((step) => untraced(() => tx.run(textOf(step.text), step.params))),
        )
        // Nobody waits any more: what was answered 503 must not happen afterwards.
        if (late()) throw new GraphUnavailable('slow')
        const rows = results.map((result) => rowsOf(result.records))
        await (keep(rows) ? tx.commit() : tx.rollback())
        return rows
      } catch (error) {
        await tx.close().catch(() => undefined)
        throw error
      }
    })

  // Probes come from several sides: all that ask together share one answer.
  let pinging: Promise<void> | undefined
  async function ping(): Promise<void> {
    const session = open('READ')
    const used = driver
    try {
      await within(PING_TIMEOUT_MS, session.run('RETURN 1', {}, { timeout: PING_TIMEOUT_MS }))
    } catch (error) {
      standing?.failed()
      throw error instanceof GraphUnavailable ? error : new GraphUnavailable(failureReason(error), error)
    } finally {
      pinging = undefined
      shut(session, used)
    }
  }

  return {
    read: (name, text, params = {}, timeoutMs = usual, after) =>
      attempt(name, 'READ', timeoutMs, (session, timeout) => run(session, text, params, timeout), after),
    write: (name, text, params = {}, timeoutMs = usual) =>
      attempt(name, 'WRITE', timeoutMs, (session, timeout) => run(session, text, params, timeout)),
    transaction: (name, steps, timeoutMs = usual, keep = () => true) =>
      inTransaction(name, steps, timeoutMs, keep),
    rehearse: async (name, steps, timeoutMs = usual) =>
      void (await inTransaction(name, steps, timeoutMs, () => false)),
    ping: () => (pinging ??= ping()),
    sendAs: (statement, text) => void sent.set(statement, text),
    dateTime,
    get busy() {
      return busy
    },
    close() {
      const closed = Promise.race([driver.close(), wait(1_000, undefined, { ref: false })])
      // A driver that is closed tells calls in flight nothing: they would keep the process until their time is over.
      for (const giveUp of waiting) giveUp(new GraphUnavailable('closed'))
      return closed
    },
  }
}
