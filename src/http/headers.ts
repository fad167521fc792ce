// Knows the headers of every response: CORS, security, and what the App.net conventions add.
import type { Context, Next } from 'koa'

const EXPOSED =
  'X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-OAuth-Scopes, X-ADN-Migrations-Enabled, Link, ETag, WWW-Authenticate, Allow'
const ACCEPTED = 'Authorization, Content-Type, X-ADN-Pretty-JSON, X-ADN-Migration-Overrides, If-None-Match'

const FIXED: [string, string][] = [
  ['X-ADN-Migrations-Enabled', ''],
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', EXPOSED],
  ['Vary', 'Authorization, Origin, Accept-Encoding, X-ADN-Pretty-JSON'],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'cross-origin'],
  ['X-Frame-Options', 'DENY'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
]

/** The fixed headers as an object, for answers that never reach Koa. */
export const FIXED_HEADERS: Record<string, string> = Object.fromEntries(FIXED)

/**
 * Sets them before anything else runs, so that they stand on errors too. There are no cookies, so `*` is right for
 * every origin, authenticated calls included. Written by hand instead of @koa/cors and koa-helmet: every value is
 * constant here, and @koa/cors answers a preflight itself, where we owe `Allow` from the route table.
 */
export function fixedHeaders(ctx: Context, next: Next): Promise<void> {
  for (const [name, value] of FIXED) ctx.res.setHeader(name, value)
  return next()
}

/** What a preflight is told beside `Allow`. */
export function preflightHeaders(ctx: Context, methods: string): void {
  ctx.set('Access-Control-Allow-Methods', methods)
  ctx.set('Access-Control-Allow-Headers', ACCEPTED)
  ctx.set('Access-Control-Max-Age', '86400')
}
