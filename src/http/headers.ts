// The headers of every response: CORS, security, and those of the App.net conventions.
import type { Context, Next } from 'koa'

const EXPOSED =
  'X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-OAuth-Scopes, X-ADN-Migrations-Enabled, Link, ETag, WWW-Authenticate, Allow, X-Request-Id, Date'
// The headers that clients of this API, tracers and readers of streams send, by name; `*` allows all others except Authorization.
// Old browsers do not support `*`.
const ACCEPTED =
  'Authorization, Content-Type, X-ADN-Pretty-JSON, X-ADN-Migration-Overrides, Accept, If-None-Match, If-Modified-Since, Cache-Control, Pragma, Last-Event-ID, X-Requested-With, X-Request-Id, traceparent, tracestate, baggage, *'

const FIXED: [string, string][] = [
  ['X-ADN-Migrations-Enabled', ''],
  // A cache may store an answer but must revalidate it by its ETag: counts are never stale.
  ['Cache-Control', 'no-cache'],
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', EXPOSED],
  ['Vary', 'Authorization, Origin, Accept-Encoding, X-ADN-Pretty-JSON'],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'cross-origin'],
  ['X-Frame-Options', 'DENY'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
]

/** The fixed headers as an object, for answers to requests that never reach Koa. */
export const FIXED_HEADERS: Record<string, string> = Object.fromEntries(FIXED)

/**
 * Sets the fixed headers before anything else runs, so that errors have them too. There are no cookies, so `*` is right for
 * every origin, authenticated calls included. Not @koa/cors and koa-helmet: every value is constant here, and @koa/cors
 * answers a preflight itself, without `Allow` from the route table.
 */
export function fixedHeaders(ctx: Context, next: Next): Promise<void> {
  for (const [name, value] of FIXED) ctx.res.setHeader(name, value)
  if (ctx.req.headers.authorization !== undefined) keepPrivate(ctx)
  return next()
}

/** Marks an answer as personal, because it depends on a token: shared caches must not store it. */
export const keepPrivate = (ctx: Context): void => ctx.set('Cache-Control', 'private, no-cache')

/** Sets the headers of a preflight's answer, except `Allow`. */
export function preflightHeaders(ctx: Context, methods: string): void {
  ctx.set('Access-Control-Allow-Methods', methods)
  ctx.set('Access-Control-Allow-Headers', ACCEPTED)
  ctx.set('Access-Control-Max-Age', '86400')
}

/** The weight of a media type in an Accept header; 0 if it is not named. */
export function qualityOf(accept: string, type: string): number {
  for (const range of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim())
    if (name !== type) continue
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    return weight === undefined ? 1 : Number(weight.slice(2)) || 0
  }
  return 0
}
