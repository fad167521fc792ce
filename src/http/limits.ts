// Knows the limits of Node's HTTP server, and answers in the envelope what never reaches Koa.
import { randomBytes } from 'node:crypto'
import { STATUS_CODES, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { failure } from './answer.ts'
import { ERRORS, type Slug } from './errors.ts'
import { FIXED_HEADERS } from './headers.ts'

/** Sets time-outs and bounds (docs/security.md lists them) and the answer to what the parser refuses. */
export function guardServer(server: Server, behindProxy: boolean): Server {
  server.headersTimeout = 10_000
  server.requestTimeout = 30_000
  // A proxy keeps its connections for 60 s: closing earlier than it does makes rare 502s.
  server.keepAliveTimeout = behindProxy ? 65_000 : 5_000
  server.maxHeadersCount = 100
  server.maxConnections = 5_000
  server.timeout = 60_000
  Object.assign(server, { connectionsCheckingInterval: 1_000 })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    const slug: Slug = error.code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'timeout' : 'bad-request'
    const message = slug === 'bad-request' ? 'Bad Request: this is not HTTP/1.1 as the standard has it; check the request line and the headers.' : ERRORS[slug].meaning
    const { status } = ERRORS[slug]
    const body = failure(status, message, slug, randomBytes(16).toString('hex'))
    const headers = { ...FIXED_HEADERS, 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' }
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('\r\n')}\r\n\r\n${body}`)
  })
  return server
}
