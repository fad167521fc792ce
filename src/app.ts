// Knows the life of a request: the middleware in order, from the log line to the handler.
import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import Koa, { type Context } from 'koa'
import type { Api } from './api.ts'
import { GraphUnavailable } from './graph/failures.ts'
import type { Answer } from './http/answer.ts'
import { type Body, readBody } from './http/body.ts'
import type { Call } from './http/call.ts'
import { compression } from './http/compress.ts'
import { ApiError, unauthorized, unavailable } from './http/errors.ts'
import { fixedHeaders } from './http/headers.ts'
import { callbackName } from './http/jsonp.ts'
import type { Observer, Seen } from './http/observe.ts'
import type { Pages } from './http/pages.ts'
import type { RateLimiter } from './http/rate-limit.ts'
import { type Form, respond, respondFailure } from './http/respond.ts'
import { createFinder } from './router.ts'
import { provesToken, type Route } from './routes.ts'
import { checkAccess } from './tokens/access.ts'
import { isWrongSecret } from './tokens/oauth.ts'
import { type Presenting, present, tell, textOf } from './tokens/present.ts'

export type AppOptions = Presenting & {
  api: Api
  limiter: RateLimiter | null
  trustProxy: number
  publicUrl: () => string
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
const REQUEST_ID = /^[\w.:-]{1,64}$/

export function createApp(options: AppOptions): Koa {
  const { api } = options
  const app = new Koa({ proxy: options.trustProxy > 0, maxIpsCount: options.trustProxy })
  const find = createFinder()
  let inFlight = 0

  app.on('error', (error: Error) => options.observe.broken(error))
  app.use(fixedHeaders)
  app.use(compression)
  app.use(async (ctx) => {
    const started = performance.now()
    const form: Form = {
      pretty: ctx.req.headers['x-adn-pretty-json'] !== undefined,
      callback: undefined,
      publicUrl: options.publicUrl(),
    }
    const sent = ctx.get('X-Request-Id')
    const seen: Seen = { route: '-', token: null, requestId: REQUEST_ID.test(sent) ? sent : randomUUID() }
    ctx.set('X-Request-Id', seen.requestId)
    await traced(ctx, seen, () => handle(ctx, form, seen, started))
  })

  async function handle(ctx: Context, form: Form, seen: Seen, started: number): Promise<void> {
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
  async function answer(ctx: Context, form: Form, seen: Seen): Promise<void> {
    const counted = { once: false }
    const count = async (caller: Parameters<RateLimiter['count']>[0], writes: number) => {
      counted.once = true
      if (options.limiter !== null) ctx.set(await options.limiter.count(caller, writes))
    }
    try {
      await answerCounted(ctx, form, seen, count)
    } catch (error) {
      if (!counted.once) await count({ address: ctx.ip }, 0)
      throw error
    }
  }

  async function answerCounted(ctx: Context, form: Form, seen: Seen, count: Count): Promise<void> {
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
    // Counted from here: a thousand senders that take their time hold nobody else up.
    inFlight += 1
    const work = perform(ctx, { route, params, query, body }, seen, count).finally(() => {
      inFlight -= 1
    })
    const inTime = await within(route.access.token === 'app' ? PROVISION_MS : ANSWER_MS, work)
    await respond(ctx, form, inTime)
  }

  type Asked = { route: Route; params: Record<string, string>; query: URLSearchParams; body: Body | ApiError }
  async function perform(
    ctx: Context,
    { route, params, query, body: sent }: Asked,
    seen: Seen,
    count: Count,
  ): Promise<Answer> {
    stillThere(ctx)
    const body = sent instanceof Error ? NO_BODY : sent
    // Pages and changes are asked for again and again by the same callers: their own queries say whether the token holds (decision 008).
    const text = textOf(options, ctx, { query, body })
    const recalled = provesToken(route) && text !== null ? options.recallToken(text) : null
    const token = recalled?.token ?? (await present(options, ctx, { query, body }, text))
    seen.token = token
    const call: Call = {
      method: ctx.method,
      path: ctx.path,
      params,
      query,
      body,
      headers: ctx.req.headers,
      token,
      proof: recalled?.proof ?? null,
    }
    const writes = ctx.method === 'GET' || ctx.method === 'HEAD' ? 0 : 1
    if (token === null) await count({ address: ctx.ip }, writes)
    else
      await count(
        { token: token.hash ?? `${token.app.client_id} ${token.user?.id}` },
        writes === 0 ? 0 : (route.writes?.(call) ?? 1),
      )
    if (sent instanceof Error) throw sent
    if (recalled !== null) {
      const answered = await attemptUnproven(route, call)
      if (answered !== null) {
        tell(ctx, call, recalled.token)
        return answered()
      }
      // Nothing was proven: what was found out is forgotten, and all goes its ordinary way.
      seen.token = null
      seen.token = await present(options, ctx, call, text)
      Object.assign(call, { token: seen.token, proof: null })
    }
    checkAccess(route.access, call.token)
    stillThere(ctx)
    const attempt = () => route.handler(api, call)
    if (options.limiter === null || route.guesses === undefined) return await attempt()
    return await options.limiter.guess(route.guesses(call), ctx.ip, attempt, isWrongSecret)
  }

  // The answer or the failure of a handler that had its call's token proven; null where the proof does not hold.
  async function attemptUnproven(route: Route, call: Call): Promise<(() => Answer) | null> {
    let outcome: () => Answer
    try {
      checkAccess(route.access, call.token)
      const answer = await route.handler(api, call)
      outcome = () => answer
    } catch (error) {
      if (error instanceof GraphUnavailable) throw error
      outcome = () => {
        throw error
      }
    }
    return call.proof?.holds === true ? outcome : null
  }

  return app
}

const tooMany = () =>
  new ApiError('unavailable', 'Service unavailable: too many requests at once. Try again shortly.', {
    headers: { 'Retry-After': '1' },
    reason: 'overload',
  })

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

// Without an OpenTelemetry SDK in the process these are calls that do nothing; with one, a span a request.
const tracer = trace.getTracer('follow-graph')

function traced(ctx: Context, seen: Seen, work: () => Promise<void>): Promise<void> {
  const parent = propagation.extract(context.active(), ctx.req.headers)
  return tracer.startActiveSpan(ctx.method, { kind: SpanKind.SERVER }, parent, async (span: Span) => {
    try {
      await work()
    } finally {
      if (span.isRecording()) {
        span.updateName(`${ctx.method} ${seen.route}`)
        span.setAttributes({
          'http.request.method': ctx.method,
          'http.route': seen.route,
          'http.response.status_code': ctx.status,
          'followgraph.request_id': seen.requestId,
        })
        if (ctx.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      }
      span.end()
    }
  })
}
