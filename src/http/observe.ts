// Knows what is worth telling of a request and of the graph: one log line each, and the metrics.
import type { Context } from 'koa'
import { type Logger, pino } from 'pino'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Token } from '../tokens/token.ts'

export type Seen = { route: string; token: Token | null; requestId: string }
export type Failed = {
  errorId: string
  error: { status: number; slug?: string; reason?: string | undefined }
  defect: boolean
  thrown: unknown
}

export type Observer = {
  log: Logger
  request(ctx: Context, seen: Seen, started: number, failed: Failed | null): void
  /** A request that the parser refused and Koa never saw. */
  refused(event: { slug: string; status: number; errorId: string }): void
  /** A response that broke after its status was out. */
  broken(error: Error): void
  query(event: { name: string; ms: number; failed: string | null }): void
  batch(kind: 'changes' | 'pages' | 'remembered', items: number): void
  /** The text of /metrics. */
  metrics(): Promise<string>
}

const QUIET = new Set(['/health/live', '/health/ready', '/metrics'])
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/** What is asked for whenever metrics are read: lengths of the queues, sessions with the database, lists being streamed. */
export type Gauges = { queues(): Record<string, number>; sessions(): number; streams(): number }

export function createObserver(logLevel: string, gauges: Gauges): Observer {
  const log = pino(
    { level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: false }),
  )
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
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
    help: 'Requests that travelled in one query',
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

  new Gauge({
    name: 'followgraph_database_sessions',
    help: 'Sessions with the graph that are in use; the pool holds 50 connections',
    registers,
    collect() {
      this.set(gauges.sessions())
    },
  })
  new Gauge({
    name: 'followgraph_streams',
    help: 'Whole lists of ids that are being sent',
    registers,
    collect() {
      this.set(gauges.streams())
    },
  })

  return {
    log,
    request(ctx, seen, started, failed) {
      const ms = performance.now() - started
      const status = failed?.error.status ?? ctx.status
      requests.inc({ method: ctx.method, route: seen.route, status })
      latency.observe({ route: seen.route }, ms / 1000)
      // Probes and scrapers come every few seconds and say nothing new.
      const level = failed?.defect ? 'error' : QUIET.has(seen.route) ? 'debug' : 'info'
      if (!log.isLevelEnabled(level)) return
      // By allow-list: no header, no query, no body, no text of the driver.
      const line = {
        request_id: seen.requestId,
        method: ctx.method,
        route: seen.route,
        status,
        ms: Math.round(ms * 100) / 100,
        bytes: Number(ctx.res.getHeader('content-length')) || undefined,
        client_id: seen.token?.app.client_id,
        user_id: seen.token?.user?.id.toString(),
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
      // A client that leaves in the middle of a stream is no event.
      if (
        ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(
          (error as NodeJS.ErrnoException).code ?? '',
        )
      )
        return
      log.warn({ reason: error.name }, 'response broken off')
    },
    query({ name, ms, failed }) {
      database.observe({ query: name, outcome: failed ?? 'ok' }, ms / 1000)
      // What the end of the service cuts short is no failure.
      if (failed !== null && failed !== 'closed')
        log.warn({ query: name, reason: failed, ms: Math.round(ms) }, 'query failed')
    },
    batch: (kind, items) => batches.observe({ kind }, items),
    metrics: () => registry.metrics(),
  }
}

// Where it broke, without the message: a driver's message may quote parameters.
function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown
  const frames = (thrown.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  return [`${thrown.name} ${(thrown as { code?: string }).code ?? ''}`.trim(), ...frames.slice(0, 8)].join(
    '\n',
  )
}
