// The HTTP server with its timeouts and limits; answers requests that Node refuses in the failure envelope.
import { randomBytes } from 'node:crypto'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { clearTimeout, setTimeout } from '../clock.ts'
import { failure } from './answer.ts'
import { ERRORS, type Slug } from './errors.ts'
import { FIXED_HEADERS } from './headers.ts'

/** Called for each request that was refused before Koa, with the `error_id` of its answer. */
export type OnRefused = (event: { slug: Slug; status: number; errorId: string }) => void

const MALFORMED = 'Bad Request: this is not valid HTTP/1.1; check the request line and the headers.'

// How long a client that sent CONNECT has to read the refusal.
const CONNECT_MS = 5_000

/** The most connections at a time. */
export const MAX_CONNECTIONS = 5_000

/** Creates the server; docs/security.md lists its timeouts and limits. */
export function createGuardedServer(
  listener: RequestListener,
  behindProxy: boolean,
  onRefused: OnRefused,
): Server {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      // Must be an option: Node ignores a change of it on the server, and the default is 30 s.
      connectionsCheckingInterval: 1_000,
      // Proxies keep idle connections for 60 s; closing them earlier than the proxy causes occasional 502s.
      keepAliveTimeout: behindProxy ? 65_000 : 5_000,
      // Node's own answer to a missing Host has no envelope; the one below has.
      requireHostHeader: false,
    },
    (request, response) => {
      if (response.socket === null) closeWithSocket(response, request.socket)
      const named = request.headers.host !== undefined || request.httpVersion !== '1.1'
      if (named && hasPath(request)) return listener(request, response)
      const { status, headers, body } = refusal('bad-request')
      response.writeHead(status, headers).end(body)
    },
  )
  // No limit but that of the bytes (16 kB): Node would ignore the further lines, and a proxy adds its X-Forwarded-For as the last one.
  server.maxHeadersCount = 0
  server.maxConnections = MAX_CONNECTIONS
  server.timeout = 60_000

  // Answers of pipelined requests whose turn has not come. If the connection closes, Node 20 says so only to the answer whose turn it is, and
  // streams among the others would never end.
  const queued = new WeakMap<Socket, Set<ServerResponse>>()
  function closeWithSocket(response: ServerResponse, socket: Socket): void {
    let waiting = queued.get(socket)
    if (waiting === undefined) {
      const responses = new Set<ServerResponse>()
      waiting = responses
      queued.set(socket, responses)
      socket.once('close', () => {
        for (const one of responses) if (one.socket === null && !one.destroyed) one.destroy().emit('close')
      })
    }
    waiting.add(response)
    response.once('close', () => waiting.delete(response))
  }

  function refusal(slug: Slug) {
    const { status } = ERRORS[slug]
    const errorId = randomBytes(16).toString('hex')
    const body = failure(status, slug === 'bad-request' ? MALFORMED : ERRORS[slug].meaning, slug, errorId)
    const headers = {
      ...FIXED_HEADERS,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      Connection: 'close',
    }
    onRefused({ slug, status, errorId })
    return { status, headers, body }
  }

  function refuse(socket: Duplex, slug: Slug): void {
    const { status, headers, body } = refusal(slug)
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('\r\n')}\r\n\r\n${body}`)
  }

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // `_httpMessage` is the answer that Node is sending on the socket; a client would take a second one for the rest of its body.
    const { _httpMessage: pending } = socket as { _httpMessage?: { headersSent: boolean } | null }
    if (error.code === 'ECONNRESET' || !socket.writable || pending?.headersSent === true)
      return void socket.destroy()
    refuse(
      socket,
      error.code === 'HPE_HEADER_OVERFLOW'
        ? 'headers-too-large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? 'timeout'
          : 'bad-request',
    )
  })
  // If a request has an `Upgrade` header and its body ends too early, Node reports no error: it closes the connection without an answer.
  server.on('connection', (socket) =>
    socket.prependListener('end', () => {
      const { _httpMessage: pending } = socket as { _httpMessage?: ServerResponse | null }
      if (pending?.req.headers.upgrade !== undefined && !pending.req.complete && !pending.headersSent)
        refuse(socket, 'bad-request')
    }),
  )
  // Node has removed all of its own listeners and time-outs from such a socket.
  server.on('connect', (_, socket) => {
    socket.on('error', () => undefined)
    socket.resume()
    const late = setTimeout(() => socket.destroy(), CONNECT_MS)
    socket.once('close', () => clearTimeout(late))
    refuse(socket, 'bad-request')
  })
  // An expectation other than 100-continue may be ignored (RFC 9110 section 10.1.1); Node's 417 has no envelope.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  return server
}

// A proxy may send the whole address (RFC 9112 section 3.2.2), of which the path is kept. Node takes some that are none, such as `http://[::1/`.
function hasPath(request: IncomingMessage): boolean {
  const target = request.url ?? ''
  if (target.startsWith('/') || target === '*') return true
  const [, path] = /^https?:\/\/[^/?#]*(.*)$/i.exec(target) ?? []
  if (path === undefined || !URL.canParse(target)) return false
  request.url = path.startsWith('/') ? path : `/${path}`
  return true
}
