// Knows how a request's body is read: its size, its media type, its text; what it means is the route's business.
import type { Context } from 'koa'
import getRawBody from 'raw-body'
import { ApiError, badRequest } from './errors.ts'

const MAX_BODY = 1_000_000

export type Body =
  | { type: 'none' }
  | { type: 'json'; value: unknown }
  | { type: 'form'; value: URLSearchParams }

/**
 * Reads the body of a POST, PUT or PATCH. JSON and forms are understood; an empty body is none, whatever its type.
 * Compressed bodies are refused (no bomb to defuse). Errors: 400 (not JSON), 413, 415.
 */
export async function readBody(ctx: Context, accepted: ('json' | 'form')[]): Promise<Body> {
  const { req } = ctx
  if (req.headers['content-length'] === '0') return { type: 'none' }
  if (req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined)
    return { type: 'none' }
  const encoding = req.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ApiError(
      'unsupported-media-type',
      `A body in the encoding ${JSON.stringify(encoding)} is not accepted; send it plain.`,
    )
  }
  const declared = ctx.request.length
  if (declared !== undefined && declared > MAX_BODY) throw tooLarge()
  const bytes = await getRawBody(req, { limit: MAX_BODY, length: declared ?? null }).catch(
    (error: { type?: string }) => {
      // The rest is read and thrown away (the request's time-out ends it): a connection cut here would lose the answer.
      req.resume()
      if (error.type === 'entity.too.large') throw tooLarge()
      throw badRequest('the body broke off before it was whole; send it again.')
    },
  )
  if (bytes.length === 0) return { type: 'none' }
  const kind = ctx.is('json', '+json') ? 'json' : ctx.is('urlencoded') ? 'form' : null
  if (kind === null || !accepted.includes(kind)) {
    const names = accepted.map((type) =>
      type === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
    )
    throw new ApiError(
      'unsupported-media-type',
      `A body of this type is not accepted here; send ${names.join(' or ')}.`,
    )
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw badRequest('the body is not valid UTF-8; send UTF-8.')
  }
  if (kind === 'form') return { type: 'form', value: new URLSearchParams(text) }
  try {
    return { type: 'json', value: JSON.parse(text) }
  } catch {
    throw badRequest('the body is not valid JSON; check its brackets, quotes and commas.')
  }
}

const tooLarge = () => new ApiError('too-large', 'The body is over 1 MB; send less, or send it in parts.')
