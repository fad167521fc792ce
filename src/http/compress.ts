// Knows which answers go out compressed: large ones, to clients that ask for it, never one that holds a new token.
import { constants } from 'node:zlib'
import type { Context, Next } from 'koa'
import compress from 'koa-compress'

declare module 'node:zlib' {
  // koa-compress's types name what @types/node of Node 20 does not have.
  interface ZstdOptions {
    readonly zstd?: never
  }
}

const THRESHOLD_BYTES = 1_024

// Brotli at 4 is as dense as gzip at 9 and costs less; its window is bounded so that a hundred streams fit in memory.
const shrink = compress({
  threshold: THRESHOLD_BYTES,
  br: { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 } },
  gzip: {},
  deflate: false,
  zstd: false,
})

const done = async () => undefined

/**
 * Compresses what stands in the response. Clients that send no Accept-Encoding pay nothing. A HEAD is answered with
 * the headers that GET would have.
 */
export async function compression(ctx: Context, next: Next): Promise<void> {
  if (ctx.req.headers['accept-encoding'] === undefined) return next()
  await next()
  // koa-compress throws where a client refuses every encoding, plain included; it gets plain text all the same.
  const encoding = ctx.acceptsEncodings('br', 'gzip', 'identity')
  if (encoding === false || encoding === 'identity' || ctx.compress === false) return
  if (ctx.method !== 'HEAD') return shrink(ctx, done)
  ctx.method = 'GET'
  await shrink(ctx, done)
  ctx.method = 'HEAD'
}
