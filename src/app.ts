// The life of a request: the middleware in order, from the log line to the handler.

import { randomUUID } from 'node:crypto'
import Koa, { type Context } from 'koa'
import { clearTimeout, monotonic, nextTurn, setTimeout } from './clock.ts'
import { clientAddress } from './http/address.ts'
import type { Answer } from './http/answer.ts'
import { type Body, readBody } from './http/body.ts'
import { compression } from './http/compress.ts'
import { ApiError, unauthorized, unavailable } from './http/errors.ts'
import { fixedHeaders } from './http/headers.ts'
import { callbackName } from './http/jsonp.ts'
import type { Observer, RequestInfo } from './http/observe.ts'
import type { Pages } from './http/pages.ts'
import type { RateLimiter } from './http/rate-limit.ts'
import { type Form, respond, respondFailure } from './http/respond.ts'
import { traced } from './http/trace.ts'
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
  /** Turns a token's text into a token: a JWT, or one of ours, which the reads find. */
  findToken: (text: string, reads: Pick<Reads, 'tokens'>) => Promise<Token>
  limiter: RateLimiter | null
  trustProxy: number
  /** The address that links in an answer to this request begin with. */
  publicUrl: (ctx: Context) => string
  observe: Observer
  /** What is answered outside the API: health, metrics, documentation. */
  pages: Pages
  /** More in flight than this and a request is refused before its body is read. */
  mostInFlight: number
  /** While the service ends, each answer is the last of its connection. */
  stopping: () => boolean
}

type Count = (caller: Parameters<RateLimiter['count']>[0], writes: number) => Promise<void>

const NO_BODY: Body = { type: 'none' }
const MAX_URL = 8_000
// A caller has its answer within three seconds of its request's last byte, whatever the graph does. The account
// system's deletions go in steps and may take longer.
const ANSWER_MS = 2_800
const PROVISION_MS = 30_000
// Beside what a long poll waits for.
const WAITING_MS = 36_000
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
    const started = monotonic()
    const form: Form = {
      pretty: ctx.req.headers['x-adn-pretty-json'] !== undefined,
      callback: undefined,
      publicUrl: options.publicUrl(ctx),
    }
    const sent = ctx.get('X-Request-Id')
    const seen: RequestInfo = {
      route: '-',
      token: null,
      requestId: REQUEST_ID.test(sent) ? sent : randomUUID(),
    }
    ctx.set('X-Request-Id', seen.requestId)
    await traced(ctx, seen, () => handle(ctx, form, seen, started))
  })

  async function handle(ctx: Context, form: Form, seen: RequestInfo, started: number): Promise<void> {
    try {
      if (options.pages.answer(ctx, seen)) await options.pages.done(ctx)
      else await answer(ctx, form, seen)
      options.observe.request(ctx, seen, started, null)
    } catch (error) {
      const told = respondFailure(ctx, form, error)
      options.observe.request(ctx, seen, started, { ...told, thrown: error })
    } finally {
      if (options.stopping()) ctx.set('Connection', 'close')
    }
  }

  // Every request is counted once, a refused one too: on its token where that holds, else on its address.
  async function answer(ctx: Context, form: Form, seen: RequestInfo): Promise<void> {
    const counted = { once: false }
    const count = async (caller: Parameters<RateLimiter['count']>[0], writes: number) => {
      counted.once = true
      if (options.limiter !== null) ctx.set(await options.limiter.count(caller, writes))
    }
    try {
      await answerCounted(ctx, form, seen, count)
    } catch (error) {
      if (!counted.once) await count({ address: addressOf(ctx) }, 0)
      throw error
    }
  }

  async function answerCounted(ctx: Context, form: Form, seen: RequestInfo, count: Count): Promise<void> {
    if ((ctx.req.url as string).length > MAX_URL)
      throw new ApiError('uri-too-long', 'The URL is over 8,000 characters; send fewer ids at a time.')
    const query = new URLSearchParams(ctx.querystring)
    const name = query.has('callback') ? callbackName(query) : undefined
    form.callback = name
    const found = find(ctx)
    if ('preflight' in found) {
      ctx.status = 204
      return
    }
    const { route, params } = found
    seen.route = route.path
    if (inFlight >= options.mostInFlight) {
      // Not in the same turn of the event loop: a thousand clients that ask again at once would keep it from ever coming to
      // timers and to what was accepted (8 answers a second instead of 2,100: docs/reliability.md, 14).
      await nextTurn()
      throw tooMany()
    }
    if (name !== undefined && route.access.token !== 'none')
      throw unauthorized(
        'unauthorized',
        'A route that needs a token cannot be called with a callback (JSONP).',
      )
    const hasBody = ['POST', 'PUT', 'PATCH'].includes(ctx.method)
    const body = hasBody
      ? await readBody(ctx, route.accepts ?? ['json', 'form']).catch((error: ApiError) => error)
      : NO_BODY
    // Counted from here: a thousand senders that take their time hold nobody else up; nor do those who wait for events.
    const counts = route.waits === true ? 0 : 1
    inFlight += counts
    const work = perform(ctx, { route, params, query, body }, seen, count).finally(() => {
      inFlight -= counts
    })
    const inTime = await within(timeFor(route), work)
    await respond(ctx, form, inTime)
  }

  type Asked = { route: Route; params: Record<string, string>; query: URLSearchParams; body: Body | ApiError }
  async function perform(
    ctx: Context,
    { route, params, query, body: sent }: Asked,
    seen: RequestInfo,
    count: Count,
  ): Promise<Answer> {
    stillThere(ctx)
    const body = sent instanceof Error ? NO_BODY : sent
    const text = textOf(options, ctx, { query, body })
    const reads = parts.reads()
    const token = await present(ctx, text, (text) => options.findToken(text, reads))
    seen.token = token
    const call: Call = {
      method: ctx.method,
      params,
      query,
      body,
      headers: ctx.req.headers,
      token,
      signal: signalOf(ctx),
      unsent: () => ctx.res.writableLength,
    }
    const readsOnly = ctx.method === 'GET' || ctx.method === 'HEAD'
    const writes = readsOnly ? 0 : 1
    if (token === null) await count({ address: addressOf(ctx) }, writes)
    else
      await count(
        { token: token.hash ?? `${token.app.client_id} ${token.user?.id}` },
        writes === 0 ? 0 : (route.writes?.(call) ?? 1),
      )
    if (sent instanceof Error) throw route.answers === 'AccessToken' ? grantRefusal(sent) : sent
    checkAccess(route.access, token)
    stillThere(ctx)
    // What was known when a request began is too old behind its own change, and for a stream.
    const { users, lists, ids } = readsOnly && route.waits !== true ? reads : parts
    const attempt = () => route.handler({ ...parts, users, lists, ids }, call)
    if (options.limiter === null || route.guesses === undefined) return await attempt()
    return await options.limiter.guess(route.guesses(call), addressOf(ctx), attempt, isWrongSecret)
  }

  return app
}

const tooMany = () =>
  new ApiError('unavailable', 'Service unavailable: too many requests at once. Try again shortly.', {
    headers: { 'Retry-After': '1' },
    reason: 'overload',
  })

const timeFor = ({ access, waits }: Route): number =>
  waits === true ? WAITING_MS : access.token === 'app' ? PROVISION_MS : ANSWER_MS

function signalOf(ctx: Context): AbortSignal {
  const left = new AbortController()
  ctx.res.once('close', () => left.abort())
  return left.signal
}

// Nothing more is done for a client that left.
function stillThere(ctx: Context): void {
  if (ctx.req.socket.destroyed)
    throw new ApiError('timeout', 'The client has left.', { reason: 'client left' })
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable('slow')), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
