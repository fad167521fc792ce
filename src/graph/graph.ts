// Knows the driver: sessions, time-outs, our own bounded retry, and how values travel; it knows no query.
import { setTimeout as wait } from 'node:timers/promises'
import neo4j, { DateTime, type Driver, type RecordShape, type Session } from 'neo4j-driver'
import { failureKind, failureReason, GraphUnavailable } from './failures.ts'

/** Values of one row, in the order of the statement's columns; integers are bigint. */
export type Row = unknown[]

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
}

export type Graph = {
  /** One auto-commit statement that only reads; routed to a reader on a cluster. */
  read(name: string, text: string, params?: Record<string, unknown>, timeoutMs?: number): Promise<Row[]>
  /** One auto-commit statement that writes. Statements must bear being run twice: an unknown outcome is retried. */
  write(name: string, text: string, params?: Record<string, unknown>, timeoutMs?: number): Promise<Row[]>
  /** Several statements in one write transaction; all sent before the first answer is awaited. */
  transaction(name: string, steps: Step[], timeoutMs?: number): Promise<Row[][]>
  /** Resolves once the database answers a query, rejects with GraphUnavailable otherwise. */
  ping(timeoutMs?: number): Promise<void>
  /** A value that Neo4j stores as a datetime, from `2012-12-31T13:22:55Z`. */
  dateTime(iso: string): unknown
  close(): Promise<void>
}

const QUERY_TIMEOUT_MS = 5_000
// Tries and time of one call in all. The driver's own executeWrite waits a second before its first retry; a
// deadlock's loser needs a few milliseconds (RELIABILITY.md section 2: 1.0-1.4 s against 0.06 s).
const TRIES = 5
const BUDGET_MS = 2_000

/** Connects lazily: the first query opens the first connection. */
export function openGraph(options: GraphOptions): Graph {
  const driver: Driver = neo4j.driver(options.uri, neo4j.auth.basic(options.username, options.password), {
    useBigInt: true,
    maxConnectionPoolSize: 50,
    connectionAcquisitionTimeout: 2_000,
    connectionTimeout: 1_500,
    maxConnectionLifetime: 3_600_000,
    connectionLivenessCheckTimeout: 30_000,
    telemetryDisabled: true,
    notificationFilter: { minimumSeverityLevel: 'OFF' },
    disableLosslessIntegers: false,
  })
  const routed = options.uri.startsWith('neo4j')
  const bookmarkManager = routed ? neo4j.bookmarkManager() : undefined

  const open = (access: 'READ' | 'WRITE'): Session =>
    driver.session({
      database: options.database,
      defaultAccessMode: access === 'READ' ? neo4j.session.READ : neo4j.session.WRITE,
      ...(bookmarkManager === undefined ? {} : { bookmarkManager }),
    })

  async function attempt<T>(name: string, access: 'READ' | 'WRITE', work: (session: Session) => Promise<T>): Promise<T> {
    const started = performance.now()
    for (let tries = 1; ; tries += 1) {
      const session = open(access)
      const began = performance.now()
      try {
        const value = await work(session)
        options.observe?.({ name, ms: performance.now() - began, failed: null })
        return value
      } catch (error) {
        options.observe?.({ name, ms: performance.now() - began, failed: failureReason(error) })
        const kind = failureKind(error)
        const spent = performance.now() - started
        const again = (kind === 'retry' && tries < TRIES) || (kind === 'conflict' && tries < 2)
        if (again && spent < BUDGET_MS) {
          await wait(5 + Math.random() * 20 * tries)
          continue
        }
        if (kind === 'retry' || kind === 'unavailable') throw new GraphUnavailable(failureReason(error), error)
        throw error
      } finally {
        // Closing sends RESET only when something is left over; a failure here says nothing about the answer.
        session.close().catch(() => undefined)
      }
    }
  }

  const run = async (session: Session, text: string, params: Record<string, unknown>, timeout: number) =>
    values((await session.run(text, params, { timeout })).records)

  return {
    read: (name, text, params = {}, timeout = QUERY_TIMEOUT_MS) =>
      attempt(name, 'READ', (session) => run(session, text, params, timeout)),
    write: (name, text, params = {}, timeout = QUERY_TIMEOUT_MS) =>
      attempt(name, 'WRITE', (session) => run(session, text, params, timeout)),
    transaction: (name, steps, timeout = QUERY_TIMEOUT_MS) =>
      attempt(name, 'WRITE', async (session) => {
        const tx = await session.beginTransaction({ timeout })
        try {
          const results = await Promise.all(steps.map((step) => tx.run(step.text, step.params)))
          await tx.commit()
          return results.map((result) => values(result.records))
        } catch (error) {
          await tx.close().catch(() => undefined)
          throw error
        }
      }),
    async ping(timeout = 2_000) {
      const session = open('READ')
      try {
        await session.run('RETURN 1', {}, { timeout })
      } catch (error) {
        throw new GraphUnavailable(failureReason(error), error)
      } finally {
        session.close().catch(() => undefined)
      }
    },
    dateTime(iso) {
      const date = new Date(iso)
      return new DateTime(
        date.getUTCFullYear(),
        date.getUTCMonth() + 1,
        date.getUTCDate(),
        date.getUTCHours(),
        date.getUTCMinutes(),
        date.getUTCSeconds(),
        0,
        0,
      )
    },
    close: () => driver.close(),
  }
}

function values(records: { keys: PropertyKey[]; get(index: number): unknown }[] | RecordShape[]): Row[] {
  return (records as { keys: PropertyKey[]; get(index: number): unknown }[]).map((record) =>
    record.keys.map((_, index) => record.get(index)),
  )
}
