// Bounds the bytes of all request bodies that are being received at the same time.
import type { IncomingMessage } from 'node:http'
import { tooManyRequests } from './errors.ts'

/** A connection may send a body of a megabyte, and 5,000 connections may be open. */
const MOST_BYTES = 64 * 1024 * 1024

type Body = { bytes: number; refuse(): void }
const bodies = new Set<Body>()
let total = 0

/**
 * Resolves as `read`, which collects the body of `req`. When all bodies together are too large, the largest of them is refused with a 503, so that senders of
 * large bodies that never end keep nobody else out.
 */
export function withinMemory<T>(req: IncomingMessage, read: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const body: Body = {
      bytes: 0,
      refuse() {
        end()
        reject(tooManyRequests())
        // So that the reader lets go of what it has; what still comes is discarded.
        req.emit('aborted')
        req.resume()
      },
    }
    const count = (chunk: Buffer) => {
      body.bytes += chunk.length
      total += chunk.length
      if (total > MOST_BYTES) largest().refuse()
    }
    const end = () => {
      req.off('data', count)
      if (bodies.delete(body)) total -= body.bytes
    }
    bodies.add(body)
    req.on('data', count)
    read.then(resolve, reject).finally(end)
  })
}

const largest = (): Body => [...bodies].reduce((most, body) => (body.bytes > most.bytes ? body : most))
