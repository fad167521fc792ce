// Knows how a path finds its route: @koa/router for the matching, the table for methods, 404 and 405.
import Router, { type Layer } from '@koa/router'
import type { Context } from 'koa'
import { ApiError, notFound } from './http/errors.ts'
import { preflightHeaders } from './http/headers.ts'
import { type Method, PREFIX, type Route } from './routes/route.ts'
import { ROUTES } from './routes/table.ts'

const ORDER: Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

export type Found = { route: Route; params: Record<string, string> } | { preflight: true }

/** Finds the route of a request; throws 404 and 405, answers an OPTIONS request's headers. */
export function createFinder(routes: Route[] = ROUTES): (ctx: Context) => Found {
  const router = new Router({ strict: true, sensitive: true })
  const byLayer = new Map<Layer, Route>()
  for (const route of routes)
    byLayer.set(router.register(route.path, route.methods, () => undefined) as Layer, route)
  return (ctx) => {
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method
    // Both bases are one set of routes: the documented one is cut off before matching.
    const path = ctx.path.startsWith(`${PREFIX}/`) ? ctx.path.slice(PREFIX.length) : ctx.path
    const here = router.match(path, method).path.filter((layer) => {
      const { matches } = byLayer.get(layer) as Route
      return matches === undefined || matches(layer.params(path, layer.captures(path)))
    })
    if (here.length === 0) throw notFound('There is no such route.')
    const meant = here.filter(
      (layer) => byLayer.get(layer)?.only?.(layer.params(path, layer.captures(path))) ?? true,
    )
    const methods = ORDER.filter((name) => meant.some((layer) => byLayer.get(layer)?.methods.includes(name)))
    if (method === 'OPTIONS') {
      ctx.set('Allow', methods.join(','))
      preflightHeaders(ctx, methods.join(','))
      return { preflight: true }
    }
    for (const layer of meant) {
      const route = byLayer.get(layer) as Route
      if (route.methods.includes(method as Method))
        return { route, params: layer.params(path, layer.captures(path)) }
    }
    // A path that is written out in the table (/users/me) has its own methods; under a pattern nobody is named this way.
    const known =
      here.some((layer) => layer.paramNames.length === 0) ||
      !here.some((layer) => byLayer.get(layer)?.methods.includes(method as Method))
    if (!known) throw notFound('There is no such route: users are written by their numeric id, or as "me".')
    throw new ApiError('method-not-allowed', `Method not allowed. Please use: ${methods.join(',')}`, {
      headers: { Allow: methods.join(',') },
    })
  }
}
