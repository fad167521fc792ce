// The log and the metrics: one log line per request, and the registry behind /metrics.

import type { Context } from 'koa'
import { type Logger, pino } from 'pino'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { monotonic } from '../clock.ts'
import { logOutput } from './log-output.ts'

/** What log line and metrics need of a request; filled in as the request is handled. */
export type RequestInfo = { route: string; token: LoggedToken | null; requestId: string }

/** The part of a token that is logged. */
type LoggedToken = { app: { client_id: string }; user: { id: bigint } | null }
/** The failure that was answered to a request. */
export type Failed = {
  errorId: string
  error: { status: number; slug?: string; reason?: string | undefined }
  defect: boolean
  thrown: unknown
}

export type Observer = {
  log: Logger
  request(ctx: Context, info: RequestInfo, started: number, failed: Failed | null): void
  /** A request that the server refused before Koa. */
  refused(event: { slug: string; status: number; errorId: string }): void
  /** A response that failed after its status was sent. */
  broken(error: Error): void
  query(event: { name: string; ms: number; failed: string | null }): void
  batch(kind: 'changes' | 'pages' | 'looks', items: number): void
  /** Whether a read of some kind was answered from memory. */
  memory(kind: string, hit: boolean): void
  /** The memory cannot be used with this database. */
  noMemory(): void
  /** One attempt to deliver to a webhook. */
  delivery(outcome: string): void
  /** No change can be committed: `warn` logs it (repeatedly), `counted` counts it (once each time). */
  heldUp: { warn(fields: object, message: string): void; counted(): void }
  /** A defect in background work. */
  defect(where: string, error: unknown): void
  /** The text of /metrics. */
  metrics(): Promise<string>
}

const QUIET = new Set(['/health/live', '/health/ready', '/metrics'])
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/** Values that are read whenever /metrics is: lengths of queues, database sessions in use, lists being streamed, and so on. */
export type Gauges = {
  queues(): Record<string, number>
  sessions(): number
  /** Bytes that are kept in memory. */
  memory(): number
  streams(): number
  eventStreams(): number
  /** Open streams and long polls of events. */
  listeners(): number
  /** The number of all events that were ever written; null if the graph cannot be read. */
  events(): Promise<number | null>
  webhooksBehind(): number
}

export function createObserver(logLevel: string, gauges: Gauges): Observer {
  const log = pino(
    { level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    logOutput(() => lostLines.inc()),
  )
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  // `promtool check metrics` rejects gauges whose names end in _total; these are sums of other metrics anyway.
  for (const { name, type } of registry.getMetricsAsArray())
    if (name.endsWith('_total') && String(type) !== 'counter') registry.removeSingleMetric(name)
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  const requests = new Counter({
    name: 'followgraph_requests_total',
    help: 'Requests by route pattern and status',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const latency = new Histogram({
    name: 'followgraph_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  })
  const database = new Histogram({
    name: 'followgraph_database_seconds',
    help: 'Time of a round trip to the graph',
    labelNames: ['query', 'outcome'],
    buckets: SECONDS,
    registers,
  })
  const batches = new Histogram({
    name: 'followgraph_batch_items',
    help: 'Requests answered by one query',
    labelNames: ['kind'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  })
  new Gauge({
    name: 'followgraph_queue_length',
    help: 'Requests waiting for a query',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const [kind, length] of Object.entries(gauges.queues())) this.set({ kind }, length)
    },
  })

  gauge(
    'followgraph_memory_bytes',
    'Size of the users, lists and tokens that are kept in memory, about',
    gauges.memory,
  )
  const memoryReads = new Counter({
    name: 'followgraph_memory_reads_total',
    help: 'Reads of pages, users, ids and tokens: from memory (hit) or from the graph (miss)',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  // Shown as 0 before the first read, and where the memory is off.
  for (const kind of ['page', 'users', 'ids', 'token'])
    for (const outcome of ['hit', 'miss']) memoryReads.inc({ kind, outcome }, 0)
  const unusable = new Gauge({
    name: 'followgraph_memory_unusable',
    help: '1 if bookmarks of this database cannot be read, so that nothing is kept in memory',
    registers,
  })
  gauge(
    'followgraph_database_sessions',
    'Sessions with the graph that are in use; the pool holds 50 connections',
    gauges.sessions,
  )
  gauge('followgraph_streams', 'Whole lists of ids that are being sent', gauges.streams)
  gauge('followgraph_event_streams', 'Streams of events that are open', gauges.eventStreams)
  gauge(
    'followgraph_event_listeners',
    'Streams, long polls and webhook deliveries that wait for events',
    gauges.listeners,
  )
  new Counter({
    name: 'followgraph_events_total',
    help: 'Events that were written to the log, by all instances',
    registers,
    async collect() {
      const total = await gauges.events()
      if (total === null) return
      this.reset()
      this.inc(total)
    },
  })
  gauge(
    'followgraph_webhook_behind_seconds',
    'Age of the oldest event that a webhook has not received',
    gauges.webhooksBehind,
  )
  const stopped = new Counter({
    name: 'followgraph_changes_stopped_total',
    help: 'Periods of over three seconds without a committed change while the database answered',
    registers,
  })
  const lostLines = new Counter({
    name: 'followgraph_log_lines_lost_total',
    help: 'Log lines that could not be written to stderr: its disk is full, or its reader does not read',
    registers,
  })
  const deliveries = new Counter({
    name: 'followgraph_webhook_deliveries_total',
    help: 'Attempts to deliver to a webhook by outcome, and webhooks disabled',
    labelNames: ['outcome'],
    registers,
  })
  // All start at 0: otherwise rate() would miss the first of each.
  for (const outcome of ['delivered', 'refused', 'unreachable', 'timeout', 'address', 'disabled'])
    deliveries.inc({ outcome }, 0)

  let collecting: Promise<string> | undefined
  return {
    log,
    request(ctx, info, started, failed) {
      const ms = monotonic() - started
      const status = failed?.error.status ?? ctx.status
      requests.inc({ method: ctx.method, route: info.route, status })
      latency.observe({ route: info.route }, ms / 1000)
      // Health checks and scrapes come every few seconds.
      const level = failed?.defect ? 'error' : QUIET.has(info.route) ? 'debug' : 'info'
      if (!log.isLevelEnabled(level)) return
      // Only these fields: headers, query, body and the driver's messages may hold tokens or personal data.
      const line = {
        request_id: info.requestId,
        method: ctx.method,
        route: info.route,
        status,
        ms: Math.round(ms * 100) / 100,
        bytes: Number(ctx.res.getHeader('content-length')) || undefined,
        client_id: info.token?.app.client_id,
        user_id: info.token?.user?.id.toString(),
        error_id: failed?.errorId,
        slug: failed?.error.slug,
        reason: failed?.error.reason,
      }
      if (failed?.defect) log.error({ ...line, stack: stackOf(failed.thrown) }, 'defect')
      else log[level](line, 'request')
    },
    refused({ slug, status, errorId }) {
      requests.inc({ method: '-', route: '-', status })
      log.info({ status, slug, error_id: errorId }, 'refused')
    },
    broken(error) {
      // Clients that disconnect in the middle of a stream are normal.
      if (
        ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(
          (error as NodeJS.ErrnoException).code ?? '',
        )
      )
        return
      log.warn({ reason: error.name, stack: stackOf(error) }, 'response broken off')
    },
    query({ name, ms, failed }) {
      database.observe({ query: name, outcome: failed ?? 'ok' }, ms / 1000)
      // Queries that end because the service stops are not failures.
      if (failed !== null && failed !== 'closed')
        log.warn({ query: name, reason: failed, ms: Math.round(ms) }, 'query failed')
    },
    batch: (kind, items) => batches.observe({ kind }, items),
    memory: (kind, hit) => memoryReads.inc({ kind, outcome: hit ? 'hit' : 'miss' }),
    noMemory() {
      unusable.set(1)
      log.warn('the bookmarks of this database cannot be read: nothing is kept in memory')
    },
    delivery: (outcome) => deliveries.inc({ outcome }),
    heldUp: {
      warn: (fields: object, message: string) => log.warn(fields, message),
      counted: () => stopped.inc(),
    },
    defect: (where, error) => log.error({ where, stack: stackOf(error) }, 'defect'),
    metrics() {
      // Callers at the same time share one text, and its query.
      collecting ??= registry.metrics().finally(() => {
        collecting = undefined
      })
      return collecting
    },
  }
}

// The stack without the message: a driver's message may quote parameters.
function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown
  const frames = (thrown.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  return [`${thrown.name} ${(thrown as { code?: string }).code ?? ''}`.trim(), ...frames.slice(0, 8)].join(
    '\n',
  )
}
