// Finds the route of a request: @koa/router matches the path, the route table decides about methods, 404 and 405.
import Router, { type Layer } from '@koa/router'
import type { Context } from 'koa'
import { ApiError, notFound } from './http/errors.ts'
import { preflightHeaders } from './http/headers.ts'
import { type Method, PREFIX, type Route } from './routes/route.ts'
import { ROUTES } from './routes/table.ts'

const BY_NUMBER = 'There is no such route: users are written by their numeric id, or as "me".'
const ORDER: Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

export type Found = { route: Route; params: Record<string, string> } | { preflight: true }

/** Returns a function that finds the route of a request. It throws 404 and 405, and sets the headers of the answer to OPTIONS. */
export function createFinder(routes: Route[] = ROUTES): (ctx: Context) => Found {
  const router = new Router({ strict: true, sensitive: true })
  const byLayer = new Map<Layer, Route>()
  for (const route of routes)
    byLayer.set(router.register(route.path, route.methods, () => undefined) as Layer, route)
  return (ctx) => {
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method
    // The prefix is optional, so it is removed before matching.
    const path = ctx.path.startsWith(`${PREFIX}/`) ? ctx.path.slice(PREFIX.length) : ctx.path
    const matching = router.match(path, method).path.filter((layer) => {
      const { matches } = byLayer.get(layer) as Route
      return matches === undefined || matches(layer.params(path, layer.captures(path)))
    })
    if (matching.length === 0) throw notFound('There is no such route.')
    const existing = matching.filter(
      (layer) => byLayer.get(layer)?.only?.(layer.params(path, layer.captures(path))) ?? true,
    )
    if (existing.length === 0) throw notFound(BY_NUMBER)
    const methods = ORDER.filter((name) =>
      existing.some((layer) => byLayer.get(layer)?.methods.includes(name)),
    )
    if (method === 'OPTIONS') {
      ctx.set('Allow', methods.join(','))
      preflightHeaders(ctx, methods.join(','))
      return { preflight: true }
    }
    for (const layer of existing) {
      const route = byLayer.get(layer) as Route
      if (route.methods.includes(method as Method))
        return { route, params: layer.params(path, layer.captures(path)) }
    }
    // 404 if only `only` excludes the method: then the path does not name a user. A path without parameters (/users/me) exists.
    const exists =
      matching.some((layer) => layer.paramNames.length === 0) ||
      !matching.some((layer) => byLayer.get(layer)?.methods.includes(method as Method))
    if (!exists) throw notFound(BY_NUMBER)
    throw new ApiError('method-not-allowed', `Method not allowed. Please use: ${methods.join(',')}`, {
      headers: { Allow: methods.join(',') },
    })
  }
}
