// Knows how a service starts and ends: config, graph, schema, app, listening, draining; serve and testing.ts use it alike.
import { createServer, type Server } from 'node:http'
import { type AddressInfo, Server as NetServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Api } from './api.ts'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { docsPage } from './docs.ts'
import { GraphUnavailable } from './graph/failures.ts'
import { openGraph, REQUEST_TIMEOUT_MS } from './graph/graph.ts'
import { loadQueries } from './graph/queries.ts'
import { migrate, SchemaError } from './graph/schema.ts'
import { createStanding } from './graph/standing.ts'
import { createGuardedServer } from './http/limits.ts'
import { createObserver } from './http/observe.ts'
import { createPages } from './http/pages.ts'
import { createRateLimiter } from './http/rate-limit.ts'
import { openapi } from './openapi.ts'
import { planAhead } from './plan-ahead.ts'
import { createChanges } from './relations/changes.ts'
import { createIds } from './relations/ids.ts'
import { streaming } from './relations/lean.ts'
import { createLists } from './relations/lists.ts'
import { createRelationships } from './relations/relationships.ts'
import { createSuggestions } from './relations/suggestions.ts'
import { createJwtVerifier } from './tokens/jwt.ts'
import { createTokenStore } from './tokens/store.ts'
import { createAccounts } from './users/accounts.ts'
import { createUsers } from './users/users.ts'

// A second's work of a small machine: what waits longer would be answered too late to be of use.
const MOST_IN_FLIGHT = 1_000
// Together with a second for the driver these stay under ten seconds, which is what most supervisors wait.
const LINGER_MS = 5_000
const FINISH_MS = 6_000
const DRAIN_MS = 2_500
const START_MS = 10_000

export type Connection = { uri: string; username: string; password: string; database: string }

export type Service = {
  url: string
  api: Api
  log: Logger
  /** Resolves when the graph answers and has the schema; rejects with SchemaError where it never will. */
  ready: Promise<void>
  /** Resolves when the statements were planned once, or could not be: the database has time then. */
  planned: Promise<void>
  /**
   * Stops accepting, finishes what is in flight, drains the queue of changes, closes the driver; takes under 10 s.
   * `hasty` closes idle connections at once; else each may bring one more request, so that no client sees an error.
   */
  stop(hasty?: boolean): Promise<void>
}

/** The parts of a service without its HTTP side: what the commands work with. */
export function createApi(
  connection: Connection,
  config: Pick<Config, 'maxFollowing'> & Partial<Pick<Config, 'profileMemory'>>,
  observe: Partial<Pick<ReturnType<typeof createObserver>, 'query' | 'batch'>> & { timeoutMs?: number } = {},
): Api {
  const queries = loadQueries()
  const standing = createStanding()
  const graph = openGraph({
    ...connection,
    standing,
    ...(observe.query === undefined ? {} : { observe: observe.query }),
    ...(observe.timeoutMs === undefined ? {} : { timeoutMs: observe.timeoutMs }),
  })
  const users = createUsers(graph, queries)
  const lists = createLists(graph, queries, users.link, standing, {
    observe: observe.batch,
    profileMemory: config.profileMemory,
  })
  return {
    graph,
    queries,
    users,
    accounts: createAccounts(graph, queries),
    ids: createIds(graph, queries),
    lists,
    changes: createChanges(graph, queries, users.link, {
      observe: (items) => observe.batch?.('changes', items),
      changing: lists.changing,
    }),
    relationships: createRelationships(graph, queries),
    suggestions: createSuggestions(graph, queries, users.link),
    tokens: createTokenStore(graph, queries, { maxFollowing: config.maxFollowing }),
  }
}

/**
 * Listens at once and becomes ready when the database answers and has the schema. `waitForGraph` makes the start itself
 * wait for that; without, the database may come later and /health/ready says why it is not ready yet.
 */
export async function startService(
  config: Config,
  connection: Connection,
  waitForGraph = true,
): Promise<Service> {
  let api: Api | null = null
  const observer = createObserver(config.logLevel, {
    queues: () => ({ changes: api?.changes.waiting ?? 0, pages: api?.lists.waiting ?? 0 }),
    sessions: () => api?.graph.busy ?? 0,
    streams: streaming,
  })
  const made = createApi(connection, config, { ...observer, timeoutMs: REQUEST_TIMEOUT_MS })
  api = made
  const state = { migrated: false, stopping: false, publicUrl: config.publicUrl ?? '' }
  const findJwt = config.jwt === null ? null : createJwtVerifier(config.jwt, made.users, config.maxFollowing)
  const redis = config.redisUrl === undefined ? undefined : await connectRedis(config.redisUrl, observer.log)
  const app = createApp({
    api: made,
    findToken: (text) => (findJwt?.claims(text) ? findJwt.find(text) : made.tokens.find(text)),
    recallToken: (text) => made.tokens.recall(text),
    limiter: config.rateLimit === null ? null : createRateLimiter(config.rateLimit, redis),
    queryToken: config.queryToken,
    trustProxy: config.trustProxy,
    publicUrl: () => state.publicUrl,
    observe: observer,
    pages: createPages({
      ready: () => readiness(made, state),
      metrics: () => observer.metrics(),
      openapi: () => openapi(state.publicUrl),
      docs: docsPage(),
    }),
    mostInFlight: MOST_IN_FLIGHT,
    stopping: () => state.stopping,
  })
  const server = createGuardedServer(app.callback(), config.trustProxy > 0, observer.refused)
  const port = await listen(server, config.host, config.port)
  if (state.publicUrl === '')
    state.publicUrl = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`

  let tellPlanned = () => {}
  const planned = new Promise<void>((resolve) => {
    tellPlanned = resolve
  })
  const prepare = async () => {
    if (!state.migrated) {
      await migrate(made.graph)
      void (await planAhead(made, () => state.stopping)).all.then(tellPlanned)
      state.migrated = true
    }
    await made.accounts.resumeRemovals()
  }
  let stopped: Promise<void> | undefined
  const end = async (hasty: boolean) => {
    state.stopping = true
    await closeServer(server, hasty)
    await Promise.race([made.changes.drain(), wait(DRAIN_MS, undefined, { ref: false })])
    await made.graph.close()
    redis?.disconnect()
  }
  const stop = (hasty = true) => (stopped ??= end(hasty))
  const ready = prepareLater(prepare, state, observer.log, waitForGraph ? START_MS : Number.POSITIVE_INFINITY)
  ready.catch(() => undefined)
  try {
    if (waitForGraph) await ready
  } catch (error) {
    await stop()
    throw error
  }
  return { ready, planned, url: `http://${config.host}:${port}`, api: made, log: observer.log, stop }
}

async function readiness(api: Api, state: { migrated: boolean; stopping: boolean }): Promise<string | null> {
  if (state.stopping) return 'stopping'
  try {
    await api.graph.ping()
  } catch (error) {
    return error instanceof GraphUnavailable ? error.reason : 'error'
  }
  return state.migrated ? null : 'schema'
}

// Tries until the database is there: a database that comes late needs no restart of the service.
async function prepareLater(
  prepare: () => Promise<void>,
  state: { stopping: boolean },
  log: Logger,
  patience: number,
): Promise<void> {
  const began = performance.now()
  for (let tries = 1; !state.stopping; tries += 1) {
    try {
      await prepare()
      if (patience === Number.POSITIVE_INFINITY) log.info('the graph is ready')
      return
    } catch (error) {
      if (error instanceof SchemaError || performance.now() - began > patience) throw error
      const away = error instanceof GraphUnavailable
      if (tries === 1 || !away)
        log.warn(
          { reason: away ? error.reason : (error as Error).message },
          'the graph is not ready; trying again every second',
        )
    }
    await wait(1_000, undefined, { ref: false })
  }
}

async function connectRedis(url: string, log: Logger) {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: 2_000,
    commandTimeout: 500,
  })
  redis.on('error', (error: NodeJS.ErrnoException) =>
    log.warn({ reason: error.code ?? 'error' }, 'redis is away; rate limits are counted in memory'),
  )
  return redis
}

/** Rejects as `startService` would where the port is taken: known before a database of our own is started for nothing. */
export async function tryPort({ host, port }: Pick<Config, 'host' | 'port'>): Promise<void> {
  const server = createServer()
  await listen(server, host, port)
  await new Promise((resolve) => server.close(resolve))
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => reject(new Error(whyNot(error, host, port)))
    server.once('error', refuse)
    // A crowd that comes at once (a proxy that restarted) is queued by the kernel; Node's own 511 would refuse it.
    server.listen({ port, host, backlog: 4_096 }, () => {
      server.off('error', refuse)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function whyNot(error: NodeJS.ErrnoException, host: string, port: number): string {
  const mend: Record<string, string> = {
    EADDRINUSE: 'end what listens there, or set PORT to another',
    EACCES: 'set PORT to one above 1023',
    EADDRNOTAVAIL: 'set HOST to an address of this machine',
    ENOTFOUND: 'set HOST to an address of this machine',
  }
  return `The service cannot listen on port ${port} of ${host} (${error.code}): ${mend[error.code ?? ''] ?? error.message}.`
}

// What is in flight is finished; its answer says `Connection: close`. An idle connection whose client may be sending just
// now is not cut either (http.Server's own close() would): it is answered once more, or ends with its keep-alive time.
function closeServer(server: Server, hasty: boolean): Promise<void> {
  return new Promise((resolve) => {
    const timers: NodeJS.Timeout[] = []
    const done = () => {
      for (const timer of timers) clearTimeout(timer)
      resolve()
    }
    if (hasty) server.close(done)
    else NetServer.prototype.close.call(server, done)
    const sweep = () => timers.push(setInterval(() => server.closeIdleConnections(), 50))
    if (hasty) sweep()
    else timers.push(setTimeout(sweep, LINGER_MS))
    timers.push(setTimeout(() => server.closeAllConnections(), FINISH_MS))
  })
}
