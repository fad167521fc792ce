// Starts and stops a service, for `serve` and testing.ts: parts, app, server, then schema, plans and webhooks once the graph answers.

import type { RequestListener } from 'node:http'
import type { Logger } from 'pino'
import { createApp } from './app.ts'
import { wait } from './clock.ts'
import type { Config } from './config.ts'
import { createParts } from './create-parts.ts'
import { docsPage } from './docs.ts'
import { keepLog } from './events/keep.ts'
import { createExplorer } from './explorer-page.ts'
import type { Connection } from './graph/driver.ts'
import { GraphUnavailable } from './graph/failures.ts'
import { REQUEST_TIMEOUT_MS } from './graph/graph.ts'
import { createReadiness } from './graph/readiness.ts'
import { migrate } from './graph/schema.ts'
import { createWriterWatch } from './graph/watch.ts'
import { localUrl, requestOrigin } from './http/address.ts'
import { createGuardedServer, MAX_CONNECTIONS } from './http/limits.ts'
import { createObserver } from './http/observe.ts'
import { createPages } from './http/pages.ts'
import { createRateLimiter } from './http/rate-limit.ts'
import { connectRedis } from './http/redis.ts'
import { closeServer, listen } from './http/server.ts'
import { inTurns } from './http/turns.ts'
import { openapi } from './openapi.ts'
import type { Parts } from './parts.ts'
import { streaming } from './relations/heap.ts'
import { openStreams } from './routes/events.ts'
import { checkJava } from './startup/check-java.ts'
import { keepSearch } from './startup/keep-search.ts'
import { planAhead } from './startup/plan-ahead.ts'
import { prepareLater } from './startup/prepare.ts'
import { createJwtVerifier } from './tokens/jwt.ts'
import { createRemovalResumption } from './users/resume-removals.ts'
import { type Deliveries, startDeliveries } from './webhooks/deliver.ts'

// About what a small machine answers in a second; further requests would wait too long for their answers.
const MAX_IN_FLIGHT = 1_000
// Closing the server takes up to six seconds (http/server.ts), closing the driver one. Most supervisors kill a process after ten.
const DRAIN_MS = 2_500

export type Service = {
  url: string
  parts: Parts
  log: Logger
  /** Resolves when the graph answers and has the schema; rejects with a SchemaError if its schema does not fit this release. */
  ready: Promise<void>
  /** Resolves when all statements were planned, or could not be. */
  planned: Promise<void>
  /** The link that opens the explorer, signed in with this token; it works once. Null without explorer. */
  signInLink(token: string): string | null
  /**
   * Stops accepting connections, finishes the requests in flight, drains the queue of changes and closes the driver; takes less than 10 s.
   * `hasty` closes idle connections at once. Otherwise each connection may send one more request, so that no client sees an error.
   */
  stop(hasty?: boolean): Promise<void>
}

/**
 * Listens at once, and is ready when the database answers and has the schema. With `waitForGraph` the result resolves only then, and
 * rejects at once if waiting cannot help. Without it the database may start later: /health/ready says why the service is not ready, and
 * `waiting` is called with a sentence after each attempt. `testing`, for tests, replaces the retry delays and the lifetime of webhooks, and the lifetime
 * of sign-in links; each request waits for the promise of `before`, which must not reject.
 */
export async function startService(
  config: Config,
  connection: Connection,
  waitForGraph = true,
  waiting: (sentence: string) => void = () => undefined,
  testing: { retryMs?: number[]; keepDays?: number; signInMs?: number; before?: () => Promise<unknown> } = {},
): Promise<Service> {
  let parts: Parts | null = null
  const deliveries: Deliveries[] = []
  const observer = createObserver(config.logLevel, {
    queues: () => parts?.queues() ?? {},
    memory: () => parts?.memoryBytes() ?? 0,
    sessions: () => parts?.graph.busy ?? 0,
    streams: streaming,
    eventStreams: openStreams,
    listeners: () => parts?.events.tail.listeners ?? 0,
    events: async () =>
      parts === null
        ? null
        : parts.events.log.bounds().then(
            ({ total }) => Number(total),
            () => null,
          ),
    webhooksBehind: () => Math.max(0, ...deliveries.map(({ behind }) => behind())),
  })
  const made = createParts(connection, config, {
    ...observer,
    query(event) {
      observer.query(event)
      watch.observe(event)
      readiness.observe(event)
    },
    timeoutMs: REQUEST_TIMEOUT_MS,
  })
  parts = made
  const watch = createWriterWatch(made.graph, observer.heldUp)
  let common = async () => {}
  const readiness = createReadiness({
    ping: made.graph.ping,
    common: () => common(),
    state: () => (state.stopping ? 'stopping' : !state.migrated ? 'schema' : watch.stuck ? 'writers' : null),
  })
  const state = { migrated: false, stopping: false, publicUrl: config.publicUrl ?? '' }
  const findJwt =
    config.jwt === null ? null : createJwtVerifier(config.jwt, made.users, made.tokens, config.maxFollowing)
  const redis = config.redisUrl === undefined ? undefined : await connectRedis(config.redisUrl, observer.log)
  const explorer = config.explorer ? createExplorer(testing.signInMs) : null
  const app = createApp({
    parts: made,
    findToken: (text, { tokens }) => (findJwt?.isJwt(text) ? findJwt.find(text) : tokens.find(text)),
    limiter: config.rateLimit === null ? null : createRateLimiter(config.rateLimit, redis),
    queryToken: config.queryToken,
    trustProxy: config.trustProxy,
    publicUrl: ({ req }) => config.publicUrl ?? requestOrigin(req, config.trustProxy, state.publicUrl),
    observe: observer,
    pages: [
      createPages({
        ready: readiness.ask,
        metrics: () => observer.metrics(),
        openapi: () => openapi(config.publicUrl),
        docs: docsPage(),
      }),
      ...(explorer === null ? [] : [explorer]),
    ],
    maxInFlight: MAX_IN_FLIGHT,
    stopping: () => state.stopping,
  })
  const handle = app.callback()
  const { before } = testing
  const first: RequestListener =
    before === undefined ? handle : (request, response) => void before().then(() => handle(request, response))
  const turns = inTurns(first, MAX_CONNECTIONS)
  const server = createGuardedServer(turns.request, config.trustProxy > 0, observer.refused)
  server.on('connection', turns.connection)
  const port = await listen(server, config.host, config.port)
  const url = localUrl(config.host, port)
  if (state.publicUrl === '') state.publicUrl = url

  let resolvePlanned = () => {}
  const planned = new Promise<void>((resolve) => {
    resolvePlanned = resolve
  })
  // Every instance may deliver to public addresses; only instances that allow private addresses deliver to those.
  const deliver = () => {
    const started = (made.webhooks.allowPrivate ? [false, true] : [false]).map((needsPrivate) =>
      startDeliveries(made, {
        private: needsPrivate,
        keepDays: testing.keepDays ?? config.eventsKeep.days,
        publicUrl: () => state.publicUrl,
        observe: observer.delivery,
        broken: (error) => observer.defect('webhooks', error),
        retryMs: testing.retryMs,
      }),
    )
    made.webhooks.store.onChange(() => {
      for (const { refresh } of started) refresh()
    })
    return started
  }
  const resumeRemovals = createRemovalResumption(made.accounts)
  const resume = () => {
    for (const [what, work] of Object.entries({ moves: made.moves.resume, removals: resumeRemovals }))
      void work().catch((error: unknown) => {
        if (!(error instanceof GraphUnavailable)) observer.defect(what, error)
      })
  }
  const prepare = async () => {
    if (!state.migrated) {
      await migrate(made.graph)
      const plans = await planAhead(made, () => state.stopping || !config.planAhead)
      common = plans.common
      void plans.all.then(resolvePlanned)
      void plans.all.then(() => keepSearch(made, () => state.stopping))
      const warn = (fields: object, message: string) => observer.log.warn(fields, message)
      void plans.all
        .then(() => checkJava(made.graph, warn))
        .catch((error: unknown) => {
          if (!(error instanceof GraphUnavailable)) observer.defect('java', error)
        })
      void keepLog(made, config.eventsKeep, () => state.stopping, resume)
      if (!state.stopping) deliveries.push(...deliver())
      state.migrated = true
    }
    // A deletion that cannot be finished concerns one user: the service starts beside it, and tries again from time to time.
    try {
      await made.accounts.resumeRemovals()
    } catch (error) {
      if (error instanceof GraphUnavailable) throw error
      observer.defect('removals', error)
    }
  }
  let stopped: Promise<void> | undefined
  const end = async (hasty: boolean) => {
    state.stopping = true
    watch.stop()
    const moved = made.moves.stop()
    const delivered = Promise.all(deliveries.map((each) => each.stop()))
    made.events.tail.stop()
    await closeServer(server, hasty)
    await delivered
    await Promise.race([
      Promise.all([made.changes.drain(), moved]),
      wait(DRAIN_MS, undefined, { ref: false }),
    ])
    await made.graph.close()
    redis?.disconnect()
  }
  const stop = (hasty = true) => (stopped ??= end(hasty))
  const ready = prepareLater(prepare, () => state.stopping, observer.log, {
    patient: !waitForGraph,
    connection,
    waiting,
  })
  ready.catch(() => undefined)
  try {
    if (waitForGraph) await ready
  } catch (error) {
    await stop()
    throw error
  }
  const signInLink = (token: string) => (explorer === null ? null : `${url}/#once=${explorer.offer(token)}`)
  return { ready, planned, url, parts: made, log: observer.log, signInLink, stop }
}
