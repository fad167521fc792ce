// The pages beside the API: health, metrics, default images, the OpenAPI document and the documentation.
import type { Context } from 'koa'
import { ApiError } from './errors.ts'
import { preflightHeaders } from './headers.ts'
import type { RequestInfo } from './observe.ts'
import { send } from './respond.ts'

export type Pages = {
  /** Whether the path is one of these pages; if so, `info.route` is set and `done` must be called to answer it. */
  answer(ctx: Context, info: RequestInfo): boolean
  done(ctx: Context): Promise<void>
}

export type PagesOptions = {
  /** Whether the service can take requests; `reason` is one word if something is wrong. */
  ready(): Promise<{ ready: boolean; reason: string | null }>
  metrics(): Promise<string>
  openapi(): string
  /** Pages and scripts of the documentation, by path. */
  docs: { pages: Record<string, string>; scripts: Record<string, () => string> }
}

const IMAGES: Record<string, string> = {
  '/images/avatar.svg':
    '<svg xmlns="http://www.w3.org/2000/svg" width="180" height="180" viewBox="0 0 180 180"><rect width="180" height="180" fill="#c9d1d9"/><circle cx="90" cy="70" r="34" fill="#f6f8fa"/><path d="M26 180a64 64 0 0 1 128 0z" fill="#f6f8fa"/></svg>',
  '/images/cover.svg':
    '<svg xmlns="http://www.w3.org/2000/svg" width="960" height="260" viewBox="0 0 960 260"><rect width="960" height="260" fill="#c9d1d9"/></svg>',
}

/** Creates the pages; the functions of `options` are called at each request. */
export function createPages(options: PagesOptions): Pages {
  const pages: Record<string, (ctx: Context) => Promise<void> | void> = {
    '/health/live': (ctx) => send(ctx, 200, 'application/json', '{"status":"live"}'),
    '/health/ready': async (ctx) => {
      const { ready, reason } = await options.ready()
      if (!ready) ctx.set('Retry-After', '1')
      const status = ready ? 'ready' : 'not ready'
      const body = JSON.stringify(reason === null ? { status } : { status, reason })
      send(ctx, ready ? 200 : 503, 'application/json', body)
    },
    '/metrics': async (ctx) =>
      send(ctx, 200, 'text/plain; version=0.0.4; charset=utf-8', await options.metrics()),
    '/openapi.json': (ctx) => send(ctx, 200, 'application/json', options.openapi()),
  }
  for (const [path, page] of Object.entries(options.docs.pages)) {
    pages[path] = (ctx) => {
      ctx.set(
        'Content-Security-Policy',
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'",
      )
      send(ctx, 200, 'text/html; charset=utf-8', page)
    }
  }
  for (const [path, script] of Object.entries(options.docs.scripts))
    pages[path] = (ctx) => send(ctx, 200, 'text/javascript; charset=utf-8', script())
  for (const [path, svg] of Object.entries(IMAGES)) {
    pages[path] = (ctx) => {
      ctx.set('Cache-Control', 'public, max-age=86400')
      send(ctx, 200, 'image/svg+xml', svg)
    }
  }
  return {
    answer(ctx, info) {
      if (!Object.hasOwn(pages, ctx.path)) return false
      info.route = ctx.path
      return true
    },
    async done(ctx) {
      if (!isPreflight(ctx, 'GET')) await pages[ctx.path]?.(ctx)
    },
  }
}

/** Answers OPTIONS and refuses methods other than `allowed` (HEAD counts as GET); false if the page itself must be answered. */
export function isPreflight(ctx: Context, allowed: 'GET' | 'POST'): boolean {
  if (ctx.method === 'OPTIONS') {
    ctx.set('Allow', allowed)
    preflightHeaders(ctx, allowed)
    ctx.status = 204
    return true
  }
  if (ctx.method !== allowed && !(ctx.method === 'HEAD' && allowed === 'GET'))
    throw new ApiError('method-not-allowed', `Method not allowed. Please use: ${allowed}`, {
      headers: { Allow: allowed },
    })
  return false
}
