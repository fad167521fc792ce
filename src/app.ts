// Knows the life of a request: the middleware in order, from the log line to the handler.
import Koa, { type Context } from 'koa'
import type { Api } from './api.ts'
import type { Call } from './http/call.ts'
import { type Body, readBody } from './http/body.ts'
import { ApiError } from './http/errors.ts'
import { fixedHeaders } from './http/headers.ts'
import { callbackName } from './http/jsonp.ts'
import type { Observer } from './http/observe.ts'
import type { Pages } from './http/pages.ts'
import type { RateLimiter } from './http/rate-limit.ts'
import { type Form, respond, respondFailure } from './http/respond.ts'
import { createFinder } from './router.ts'
import type { Route } from './routes.ts'
import { checkAccess } from './tokens/access.ts'
import { bearerText } from './tokens/bearer.ts'
import type { Token } from './tokens/token.ts'
import { unauthorized } from './http/errors.ts'

export type AppOptions = {
  api: Api
  /** Turns a token's text into a token, ours or a JWT. */
  findToken: (text: string) => Promise<Token>
  limiter: RateLimiter | null
  queryToken: boolean
  trustProxy: number
  publicUrl: () => string
  observe: Observer
  /** What is answered outside the API: health, metrics, documentation. */
  pages: Pages
  /** More in flight than this and a request is refused before its body is read. */
  mostInFlight: number
}

const MAX_URL = 8_000

export function createApp(options: AppOptions): Koa {
  const { api } = options
  const app = new Koa({ proxy: options.trustProxy > 0, maxIpsCount: options.trustProxy })
  const find = createFinder()
  let inFlight = 0

  app.on('error', (error: Error) => options.observe.broken(error))
  app.use(fixedHeaders)
  app.use(async (ctx) => {
    const started = performance.now()
    const form: Form = { pretty: ctx.req.headers['x-adn-pretty-json'] !== undefined, callback: undefined, publicUrl: options.publicUrl() }
    const seen: { route: string; token: Token | null } = { route: '-', token: null }
    inFlight += 1
    try {
      if (options.pages.answer(ctx, seen)) await options.pages.done(ctx)
      else await answer(ctx, form, seen)
      options.observe.request(ctx, seen, started, null)
    } catch (error) {
      const told = respondFailure(ctx, form, error)
      options.observe.request(ctx, seen, started, { ...told, thrown: error })
    } finally {
      inFlight -= 1
    }
  })

  async function answer(ctx: Context, form: Form, seen: { route: string; token: Token | null }): Promise<void> {
    if ((ctx.req.url as string).length > MAX_URL) throw new ApiError('uri-too-long', 'The URL is over 8,000 characters; send fewer ids at a time.')
    const query = new URLSearchParams(ctx.querystring)
    const name = query.has('callback') ? callbackName(query) : undefined
    form.callback = name
    const count = counter(ctx)
    let route: Route
    let params: Record<string, string>
    try {
      const found = find(ctx)
      if ('preflight' in found) {
        ctx.status = 204
        return
      }
      ;({ route, params } = found)
    } catch (error) {
      await count({ address: ctx.ip }, 0)
      throw error
    }
    seen.route = route.path
    if (inFlight > options.mostInFlight) throw new ApiError('unavailable', 'Service unavailable: too many requests at once. Try again shortly.', { headers: { 'Retry-After': '1' }, reason: 'overload' })
    if (name !== undefined && route.access.token !== 'none') {
      await count({ address: ctx.ip }, 0)
      throw unauthorized('unauthorized', 'A route that needs a token cannot be called with a callback (JSONP).')
    }
    const body: Body = ['POST', 'PUT', 'PATCH'].includes(ctx.method) ? await readBody(ctx, route.accepts ?? ['json', 'form']) : { type: 'none' }
    const token = await present(ctx, query, body, count)
    seen.token = token
    const call: Call = { method: ctx.method, path: ctx.path, params, query, body, headers: ctx.req.headers, token }
    const writes = ctx.method === 'GET' || ctx.method === 'HEAD' ? 0 : 1
    if (token === null) await count({ address: ctx.ip }, writes)
    else await count({ token: token.hash ?? `${token.app.client_id} ${token.user?.id}` }, writes === 0 ? 0 : (route.writes?.(call) ?? 1))
    checkAccess(route.access, token)
    await respond(ctx, form, await route.handler(api, call))
  }

  // The token that was sent, null where none was. A token that does not hold counts on its address.
  async function present(ctx: Context, query: URLSearchParams, body: Body, count: ReturnType<typeof counter>): Promise<Token | null> {
    try {
      const text = bearerText({ authorization: ctx.req.headers.authorization, query, body, queryToken: options.queryToken })
      if (text === null) return null
      const token = await options.findToken(text)
      if (token.kind === 'user') ctx.set('X-OAuth-Scopes', token.scopes.join(','))
      if (query.has('access_token')) ctx.set('Cache-Control', 'private')
      return token
    } catch (error) {
      await count({ address: ctx.ip }, 0)
      throw error
    }
  }

  const counter = (ctx: Context) => async (caller: Parameters<RateLimiter['count']>[0], writes: number) => {
    if (options.limiter !== null) ctx.set(await options.limiter.count(caller, writes))
  }

  return app
}

