// Handles a request: the middleware in order, from the log line to the handler.

import { randomUUID } from 'node:crypto'
import Koa, { type Context } from 'koa'
import { clearTimeout, monotonic, setTimeout } from './clock.ts'
import { GraphUnavailable } from './graph/failures.ts'
import { clientAddress } from './http/address.ts'
import type { Answer } from './http/answer.ts'
import { type Body, readBody } from './http/body.ts'
import { compression } from './http/compress.ts'
import { ApiError, tooManyRequests, unauthorized, unavailable } from './http/errors.ts'
import { fixedHeaders } from './http/headers.ts'
import { callbackName } from './http/jsonp.ts'
import type { Observer, RequestInfo } from './http/observe.ts'
import type { Pages } from './http/pages.ts'
import type { RateLimiter } from './http/rate-limit.ts'
import { type Form, respond, respondFailure } from './http/respond.ts'
import { traced } from './http/trace.ts'
import { waitedFor } from './http/turns.ts'
import type { Reads } from './memory/memory.ts'
import type { Parts } from './parts.ts'
import { createFinder } from './router.ts'
import type { Call } from './routes/call.ts'
import type { Route } from './routes/route.ts'
import { checkAccess } from './tokens/access.ts'
import { grantRefusal, isWrongSecret } from './tokens/oauth.ts'
import { type Presenting, present, textOf } from './tokens/present.ts'
import type { Token } from './tokens/token.ts'

export type AppOptions = Presenting & {
  parts: Parts
  /** Finds the token of a text: a JWT, or one of ours, which `reads` looks up. */
  findToken: (text: string, reads: Pick<Reads, 'tokens'>) => Promise<Token>
  limiter: RateLimiter | null
  trustProxy: number
  /** The base URL of links in the answer to this request. */
  publicUrl: (ctx: Context) => string
  observe: Observer
  /** The pages outside the API: health, metrics, documentation, explorer. */
  pages: Pages[]
  /** If this many requests are in flight, further ones are refused before their bodies are read. */
  maxInFlight: number
  /** Whether the service is stopping; then every answer closes its connection. */
  stopping: () => boolean
}

type Count = (caller: Parameters<RateLimiter['count']>[0], writes: number) => Promise<void>

const NO_BODY: Body = { type: 'none' }
const MAX_URL = 8_000
// Every caller has an answer within three seconds of the last byte of the request, even if the graph hangs.
const ANSWER_TIMEOUT_MS = 2_800
// The account system's deletions have many steps.
const PROVISION_TIMEOUT_MS = 30_000
// Longer than the longest long poll.
const LONG_POLL_TIMEOUT_MS = 36_000
const REQUEST_ID = /^[\w.:-]{1,64}$/

export function createApp(options: AppOptions): Koa {
  const { parts } = options
  const app = new Koa()
  const find = createFinder()
  const addressOf = (ctx: Context) => clientAddress(ctx.req, options.trustProxy)
  let inFlight = 0

  app.on('error', (error: Error) => options.observe.broken(error))
  app.use(fixedHeaders)
  app.use(compression)
  app.use(async (ctx) => {
    const started = monotonic() - waitedFor(ctx.req)
    const form: Form = {
      pretty: ctx.req.headers['x-adn-pretty-json'] !== undefined,
      callback: undefined,
      publicUrl: options.publicUrl(ctx),
    }
    const sent = ctx.get('X-Request-Id')
    const info: RequestInfo = {
      route: '-',
      token: null,
      requestId: REQUEST_ID.test(sent) ? sent : randomUUID(),
    }
    ctx.set('X-Request-Id', info.requestId)
    await traced(ctx, info, () => handle(ctx, form, info, started))
  })

  async function handle(ctx: Context, form: Form, info: RequestInfo, started: number): Promise<void> {
    try {
      const pages = options.pages.find((each) => each.answer(ctx, info))
      if (pages === undefined) await answer(ctx, form, info)
      else await pages.done(ctx)
      options.observe.request(ctx, info, started, null)
    } catch (error) {
      const failure = respondFailure(ctx, form, error)
      options.observe.request(ctx, info, started, { ...failure, thrown: error })
    } finally {
      if (options.stopping()) ctx.set('Connection', 'close')
    }
  }

  // For the rate limit every request counts exactly once, also a refused one: for its token if that was read and is valid, otherwise for its address.
  // A 503 before the token was read counts for nobody: the address of clients with tokens would be out of requests after an outage.
  async function answer(ctx: Context, form: Form, info: RequestInfo): Promise<void> {
    let counted = false
    const count = async (caller: Parameters<RateLimiter['count']>[0], writes: number) => {
      counted = true
      if (options.limiter !== null) ctx.set(await options.limiter.count(caller, writes))
    }
    try {
      await answerCounted(ctx, form, info, count)
    } catch (error) {
      if (!counted && !isUnavailable(error)) await count({ address: addressOf(ctx) }, 0)
      throw error
    }
  }

  async function answerCounted(ctx: Context, form: Form, info: RequestInfo, count: Count): Promise<void> {
    const query = new URLSearchParams(ctx.querystring)
    const name = query.has('callback') ? callbackName(query) : undefined
    form.callback = name
    if ((ctx.req.url as string).length > MAX_URL)
      throw new ApiError('uri-too-long', 'The URL is over 8,000 characters; send fewer ids at a time.')
    const found = find(ctx)
    if ('preflight' in found) {
      ctx.status = 204
      return
    }
    const { route, params } = found
    info.route = route.path
    const timeoutMs = timeoutOf(route) - waitedFor(ctx.req)
    if (inFlight >= options.maxInFlight || timeoutMs <= 0) throw tooManyRequests()
    if (name !== undefined && route.access.token !== 'none')
      throw unauthorized(
        'unauthorized',
        'A route that needs a token cannot be called with a callback (JSONP).',
        ctx.req.headers.authorization !== undefined || query.has('access_token'),
      )
    const hasBody = ['POST', 'PUT', 'PATCH'].includes(ctx.method)
    const body = hasBody
      ? await readBody(ctx, route.accepts ?? ['json', 'form']).catch((error: ApiError) => error)
      : NO_BODY
    // Counted only after the body was read, so that slow senders do not keep others out; long polls and streams do not count.
    const weight = route.waits === true ? 0 : 1
    inFlight += weight
    const until = monotonic() + timeoutMs
    const work = perform(ctx, { route, params, query, body, until }, info, count).finally(() => {
      inFlight -= weight
    })
    try {
      await respond(ctx, form, await withTimeout(timeoutMs, work))
    } catch (error) {
      throw route.answers === 'AccessToken' && error instanceof ApiError ? grantRefusal(error) : error
    }
  }

  type Matched = {
    route: Route
    params: Record<string, string>
    query: URLSearchParams
    body: Body | ApiError
    /** When the caller is answered 503. */
    until: number
  }
  async function perform(
    ctx: Context,
    { route, params, query, body: sent, until }: Matched,
    info: RequestInfo,
    count: Count,
  ): Promise<Answer> {
    checkConnected(ctx)
    const body = sent instanceof Error ? NO_BODY : sent
    const text = textOf(options, ctx, { query, body })
    const reads = parts.reads()
    const token = await present(ctx, text, (text) => options.findToken(text, reads))
    info.token = token
    const call: Call = {
      method: ctx.method,
      params,
      query,
      body,
      headers: ctx.req.headers,
      token,
      signal: () => signalOf(ctx),
      // What was buffered when the connection broke is lost, and no longer counted by Node.
      unsent: () => (ctx.req.socket.destroyed ? Number.POSITIVE_INFINITY : ctx.res.writableLength),
    }
    const readsOnly = ctx.method === 'GET' || ctx.method === 'HEAD'
    const writes = readsOnly ? 0 : 1
    if (token === null) await count({ address: addressOf(ctx) }, writes)
    else
      await count(
        { token: token.hash ?? `${token.app.client_id} ${token.user?.id}` },
        writes === 0 ? 0 : (route.writes?.(call) ?? 1),
      )
    if (sent instanceof Error) throw sent
    checkAccess(route.access, token)
    checkConnected(ctx)
    // The memory is current as of the beginning of the request. A request that changes something or a stream needs newer data.
    const { users, lists, ids } = readsOnly && route.waits !== true ? reads : parts
    const writers = readsOnly ? {} : beginningBefore(until, parts)
    const attempt = () => route.handler({ ...parts, users, lists, ids, ...writers }, call)
    if (options.limiter === null || route.guesses === undefined) return await attempt()
    return await options.limiter.guess(route.guesses(call), addressOf(ctx), attempt, isWrongSecret)
  }

  return app
}

// What was sent to the database before may still be written for 2.4 s.
const beginningBefore = (
  until: number,
  { changes, accounts }: Parts,
): Pick<Parts, 'changes' | 'accounts'> => ({
  changes: { ...changes, commit: (wanted) => changes.commit(wanted, until) },
  accounts: {
    ...accounts,
    change: (id, create, next, keepsName) => accounts.change(id, create, next, keepsName, until),
  },
})

const isUnavailable = (error: unknown): boolean =>
  error instanceof GraphUnavailable || (error instanceof ApiError && error.status === 503)

const timeoutOf = ({ access, waits }: Route): number =>
  waits === true ? LONG_POLL_TIMEOUT_MS : access.token === 'app' ? PROVISION_TIMEOUT_MS : ANSWER_TIMEOUT_MS

function signalOf(ctx: Context): AbortSignal {
  const left = new AbortController()
  if (ctx.req.socket.destroyed) left.abort()
  else ctx.res.once('close', () => left.abort())
  return left.signal
}

// Stops the work for a client that has disconnected.
function checkConnected(ctx: Context): void {
  if (ctx.req.socket.destroyed)
    throw new ApiError('timeout', 'The client has left.', { reason: 'client left' })
}

async function withTimeout<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable('slow')), ms)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
