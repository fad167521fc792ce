// Writes an answer or a failure to the response: the only place that touches ctx.body.
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Context } from 'koa'
import { GraphUnavailable } from '../graph/failures.ts'
import {
  type Answer,
  type EndlessAnswer,
  envelope,
  failure,
  json,
  pretty,
  streamedEnvelope,
  type WritePiece,
} from './answer.ts'
import { ApiError, OAuthError, unavailable } from './errors.ts'
import { tagAnswer } from './etag.ts'
import { wrap } from './jsonp.ts'

/** How the caller wants the answer; set while the request is read, so that failures look the same. */
export type Form = { pretty: boolean; callback: string | undefined; publicUrl: string }

/** Writes a success. */
export async function respond(ctx: Context, form: Form, answer: Answer): Promise<void> {
  if (answer.headers !== undefined) ctx.set(answer.headers)
  ctx.status = 200
  if ('endless' in answer) {
    ctx.compress = false
    ctx.type = answer.type
    ctx.set('Cache-Control', 'private, no-store')
    // For a proxy such as nginx: what is held back is no stream.
    ctx.set('X-Accel-Buffering', 'no')
    void sendEndless(ctx, form, answer)
    return
  }
  if ('stream' in answer) {
    ctx.type = 'application/json; charset=utf-8'
    const pieces = streamedEnvelope(answer.stream, form.pretty)
    const first = await pieces.next()
    ctx.body = sending(ctx, withFirst(first.value as string, pieces), pieces)
    return
  }
  if ('slow' in answer) {
    // Compression and proxies would hold the white space back.
    ctx.compress = false
    ctx.set('X-Accel-Buffering', 'no')
    ctx.type = 'application/json; charset=utf-8'
    ctx.body = sending(ctx, slowEnvelope(answer.slow, form.pretty))
    return
  }
  if (answer.secret === true) ctx.compress = false
  write(ctx, form, answer.bare ? json(answer.data) : envelope(answer.data, answer.meta))
  tagAnswer(ctx, ctx.body as Buffer)
}

// A body of pieces that come as fast as they are taken. `source` is what has begun already: a generator around it that nobody reads would not
// end it.
function sending(ctx: Context, pieces: AsyncGenerator<string>, source = pieces): Readable {
  const body = Readable.from(pieces, { objectMode: false, highWaterMark: 65_536 })
  // The status is out: only a connection that breaks can still say that the body is not whole.
  body.once('error', () => ctx.res.destroy())
  // If nobody reads the body (HEAD, a client that left), the generator would not end by itself.
  body.once('close', () => void source.return(undefined).catch(() => undefined))
  // Koa does not end the body of a pipelined request whose turn never came.
  if (ctx.res.destroyed) body.destroy()
  else ctx.res.once('close', () => body.destroy())
  return body
}

// Written to the response itself: a stream that waits costs 15 KB so, and 35 KB as a Readable that Koa pipes (1,000 of them, Node 20.20).
async function sendEndless(ctx: Context, form: Form, { endless, over }: EndlessAnswer): Promise<void> {
  const { res } = ctx
  ctx.respond = false
  res.flushHeaders()
  if (ctx.method === 'HEAD') {
    res.end()
    return
  }
  const write: WritePiece = (piece) => {
    if (res.destroyed || res.write(piece.replaceAll('\u0001', form.publicUrl))) return undefined
    return new Promise((resolve) => {
      const ready = () => {
        res.off('drain', ready).off('close', ready)
        resolve()
      }
      res.on('drain', ready).on('close', ready)
    })
  }
  void over.then(() => {
    if (res.writableNeedDrain) res.destroy()
  })
  try {
    await endless(write)
    res.end()
  } catch (error) {
    ctx.app.emit('error', error, ctx)
    // The status is out: only a connection that breaks can still say that the body is not whole.
    res.destroy()
  }
}

async function* slowEnvelope(data: AsyncIterable<string>, indented: boolean): AsyncGenerator<string> {
  const [open, close] = ['{"data":', ',"meta":{"code":200}}']
  if (!indented) {
    yield open
    yield* data
    yield close
    return
  }
  let result = ''
  for await (const piece of data) {
    if (piece.trim() === '') yield piece
    else result += piece
  }
  yield pretty(open + result + close)
}

async function* withFirst(first: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield first
  yield* rest
}

/** Writes something that is not of the API: health, metrics, documentation. */
export function send(ctx: Context, status: number, type: string, text: string): void {
  ctx.status = status
  ctx.type = type
  ctx.body = text
}

/** Writes a failure and answers its `error_id`, slug and reason for the log line. */
export function respondFailure(
  ctx: Context,
  form: Form,
  thrown: unknown,
): { errorId: string; error: ApiError | OAuthError; defect: boolean } {
  const errorId = randomBytes(16).toString('hex')
  const defect = !(
    thrown instanceof ApiError ||
    thrown instanceof OAuthError ||
    thrown instanceof GraphUnavailable
  )
  const error =
    thrown instanceof ApiError || thrown instanceof OAuthError
      ? thrown
      : thrown instanceof GraphUnavailable
        ? unavailable(thrown.reason)
        : new ApiError(
            'internal',
            'Internal error: this is a defect of the service. error_id finds it in its log.',
          )
  ctx.set(error.headers)
  const jsonp = form.callback !== undefined
  ctx.status = jsonp ? 200 : error.status
  if (error.status === 408) ctx.set('Connection', 'close')
  write(
    ctx,
    form,
    error instanceof OAuthError
      ? JSON.stringify(error.body)
      : failure(error.status, error.message, error.slug, errorId, error.meta),
  )
  return { errorId, error, defect }
}

// As bytes, made once: as a text it would be measured for its length, hashed and sent by three conversions.
function write(ctx: Context, form: Form, text: string): void {
  const placed = text.replaceAll('\u0001', () => form.publicUrl)
  const shown = form.pretty ? pretty(placed) : placed
  if (form.callback === undefined) {
    ctx.type = 'application/json; charset=utf-8'
    ctx.body = Buffer.from(shown)
  } else {
    ctx.type = 'application/javascript; charset=utf-8'
    ctx.body = Buffer.from(wrap(form.callback, shown))
  }
}
