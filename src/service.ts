// Knows how a service starts and ends: config, graph, schema, app, listening, draining; serve and testing.ts use it alike.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Api } from './api.ts'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { docsPage } from './docs.ts'
import { GraphUnavailable } from './graph/failures.ts'
import { openGraph } from './graph/graph.ts'
import { loadQueries } from './graph/queries.ts'
import { migrate } from './graph/schema.ts'
import { guardServer } from './http/limits.ts'
import { createObserver } from './http/observe.ts'
import { createPages } from './http/pages.ts'
import { createRateLimiter } from './http/rate-limit.ts'
import { openapi } from './openapi.ts'
import { createChanges } from './relations/changes.ts'
import { createLists } from './relations/lists.ts'
import { createJwtVerifier } from './tokens/jwt.ts'
import { createTokenStore } from './tokens/store.ts'
import { createAccounts } from './users/accounts.ts'
import { createUsers } from './users/users.ts'

export type Connection = { uri: string; username: string; password: string; database: string }

export type Service = {
  url: string
  api: Api
  log: Logger
  /** Stops accepting, finishes what is in flight, drains the queue of changes, closes the driver. */
  stop(): Promise<void>
}

/** The parts of a service without its HTTP side: what the commands work with. */
export function createApi(connection: Connection, config: Pick<Config, 'maxFollowing'>, observe: Partial<Pick<ReturnType<typeof createObserver>, 'query' | 'batch'>> = {}): Api {
  const queries = loadQueries()
  const graph = openGraph({ ...connection, ...(observe.query === undefined ? {} : { observe: observe.query }) })
  return {
    graph,
    queries,
    users: createUsers(graph, queries),
    accounts: createAccounts(graph, queries),
    lists: createLists(graph, queries, (items) => observe.batch?.('pages', items)),
    changes: createChanges(graph, queries, (items) => observe.batch?.('changes', items)),
    tokens: createTokenStore(graph, queries, { maxFollowing: config.maxFollowing }),
  }
}

/**
 * Listens at once and becomes ready when the database answers and has the schema. `waitForGraph` makes the start itself
 * wait for that; without, the database may come later and /health/ready says why it is not ready yet.
 */
export async function startService(config: Config, connection: Connection, waitForGraph = true): Promise<Service> {
  let api: Api | null = null
  const observer = createObserver(config.logLevel, () => ({ changes: api?.changes.waiting ?? 0, pages: api?.lists.waiting ?? 0 }))
  const made = createApi(connection, config, observer)
  api = made
  const state = { migrated: false, stopping: false, publicUrl: config.publicUrl ?? '' }
  const findJwt = config.jwt === null ? null : createJwtVerifier(config.jwt, made.users, config.maxFollowing)
  const redis = config.redisUrl === undefined ? undefined : await connectRedis(config.redisUrl, observer.log)
  const app = createApp({
    api: made,
    findToken: (text) => (findJwt?.claims(text) ? findJwt.find(text) : made.tokens.find(text)),
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
    mostInFlight: 2_000,
  })
  const server = guardServer(createServer(app.callback()), config.trustProxy > 0)
  const port = await listen(server, config.host, config.port)
  if (state.publicUrl === '') state.publicUrl = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`

  const prepare = async () => {
    await migrate(made.graph)
    state.migrated = true
    await made.accounts.resumeRemovals()
  }
  const stop = async () => {
    if (state.stopping) return
    state.stopping = true
    await closeServer(server)
    await made.changes.drain()
    await made.graph.close()
    redis?.disconnect()
  }
  try {
    if (waitForGraph) await prepare()
    else void prepareLater(prepare, state, observer.log)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `http://${config.host}:${port}`, api: made, log: observer.log, stop }
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
async function prepareLater(prepare: () => Promise<void>, state: { stopping: boolean }, log: Logger): Promise<void> {
  for (let tries = 1; !state.stopping; tries += 1) {
    try {
      await prepare()
      log.info('the graph is ready')
      return
    } catch (error) {
      const away = error instanceof GraphUnavailable
      if (tries === 1 || !away) log.warn({ reason: away ? error.reason : (error as Error).message }, 'the graph is not ready; trying again every second')
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000).unref())
  }
}

async function connectRedis(url: string, log: Logger) {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, connectTimeout: 2_000 })
  redis.on('error', (error: NodeJS.ErrnoException) => log.warn({ reason: error.code ?? 'error' }, 'redis is away; rate limits are counted in memory'))
  return redis
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

// What is in flight is finished; idle keep-alive connections are closed at once, and after 8 s the rest too.
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    const sweep = setInterval(() => server.closeIdleConnections(), 100).unref()
    setTimeout(() => {
      clearInterval(sweep)
      server.closeAllConnections()
    }, 8_000).unref()
  })
}
