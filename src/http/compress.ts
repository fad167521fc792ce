// Compresses large answers for clients that accept it, but never an answer that holds a new token.
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

// Brotli at quality 4 compresses as well as gzip at 9 and takes less time; the window is bounded so that a hundred streams fit in memory.
const compressBody = compress({
  threshold: THRESHOLD_BYTES,
  br: { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 } },
  gzip: {},
  deflate: false,
  zstd: false,
})

const done = async () => undefined

/** Compresses the response's body. Without Accept-Encoding there is no overhead. HEAD gets the headers that GET would get. */
export async function compression(ctx: Context, next: Next): Promise<void> {
  if (ctx.req.headers['accept-encoding'] === undefined) return next()
  await next()
  // koa-compress throws if a client refuses every encoding, uncompressed included; such a client gets it uncompressed.
  const encoding = ctx.acceptsEncodings('br', 'gzip', 'identity')
  if (encoding === false || encoding === 'identity' || ctx.compress === false) return
  if (ctx.method !== 'HEAD') return compressBody(ctx, done)
  ctx.method = 'GET'
  await compressBody(ctx, done)
  ctx.method = 'HEAD'
}
