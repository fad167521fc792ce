// Receives the body of a request, and bounds the memory that all bodies take that are being received at the same time.
import type { IncomingMessage } from 'node:http'
import { ApiError, badRequest, tooManyRequests } from './errors.ts'
import { isCut, MOST_PIECES } from './pieces.ts'

const MAX_BODY = 1_000_000
// A connection may send a body of a megabyte, and 5,000 connections may be open.
const MOST_BYTES = 64 * 1024 * 1024
// Counted for each piece of a body, whatever its length: what Node allocates for it stays until it is collected.
const PIECE_BYTES = 64

const NOTHING = Buffer.alloc(0)

type Body = { counted: number; refuse(error: Error): void }
const bodies = new Set<Body>()
let total = 0

const tooManyPieces = () => badRequest(`the body came in over ${MOST_PIECES} chunks; send larger ones.`)
const tooLarge = () => new ApiError('too-large', 'The body is over 1 MB; send less, or send it in parts.')

/**
 * Resolves with the whole body of `req`. Pieces are copied, for Node makes a Buffer of each chunk, which may hold one byte. When all bodies together are too
 * large, the largest of them is refused with a 503, so that senders of large bodies that never end keep nobody else out.
 */
export function receive(req: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let held: Buffer = NOTHING
    let length = 0
    const body: Body = {
      counted: 0,
      refuse(error) {
        end()
        // The rest is read and discarded (the request's timeout limits that): closing the connection here would lose the answer.
        req.resume()
        reject(error)
      },
    }
    const count = (bytes: number) => {
      body.counted += bytes
      total += bytes
    }
    const take = (piece: Buffer) => {
      if (length + piece.length > MAX_BODY) return body.refuse(tooLarge())
      const before = held.length
      if (length === 0) held = piece
      else if (length + piece.length > before) held = grown(held, length + piece.length)
      if (length > 0) piece.copy(held, length)
      length += piece.length
      count(held.length - before + PIECE_BYTES)
      if (total > MOST_BYTES) largest().refuse(tooManyRequests())
    }
    const done = () => {
      if (isCut(req)) return body.refuse(tooManyPieces())
      const whole = held.subarray(0, length)
      end()
      resolve(whole)
    }
    const broken = () => body.refuse(badRequest('the body ended before it was complete; send it again.'))
    const end = () => {
      held = NOTHING
      req.off('data', take).off('end', done).off('error', broken).off('close', broken)
      if (bodies.delete(body)) total -= body.counted
    }
    if (Number(req.headers['content-length']) > MAX_BODY) return body.refuse(tooLarge())
    // The connection was closed before the request was handled.
    if (!req.readable) return broken()
    bodies.add(body)
    req.on('data', take).on('end', done).on('error', broken).on('close', broken)
  })
}

function grown(held: Buffer, needed: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.min(MAX_BODY, Math.max(needed, 2 * held.length)))
  held.copy(larger)
  return larger
}

const largest = (): Body => [...bodies].reduce((most, body) => (body.counted > most.counted ? body : most))
