// The HTTP server with its timeouts and limits; answers requests that Node refuses in the failure envelope.
import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { failure } from './answer.ts'
import { badRequest, ERRORS, type Slug } from './errors.ts'
import { headFault, MALFORMED } from './head.ts'
import { FIXED_HEADERS } from './headers.ts'
import { boundPieces } from './pieces.ts'
import { closeLater } from './server.ts'

/** Called for each request that was refused before Koa, with the `error_id` of its answer. */
export type OnRefused = (event: { slug: Slug; status: number; errorId: string }) => void

// How long a client that sent CONNECT has to read the refusal.
const CONNECT_MS = 5_000
// How long a connection is kept for answers after a faulty request: longer than a long poll. A stream ends then.
const LONGEST_ANSWER_MS = 40_000
// Pipelined requests behind such a fault are neither answered nor kept; after so many nothing more is read.
const MOST_IGNORED = 100

// The slugs of the errors of Node that are not a `bad-request`.
const SLUGS: Record<string, Slug> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
}

const HAS_BODY = ['POST', 'PUT', 'PATCH']

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
      if (ended.has(request.socket)) {
        ignored.add(response)
        const more = (ended.get(request.socket) as number) + 1
        ended.set(request.socket, more)
        // Node counts the bytes of answers before it stops reading, and these have none.
        if (more === MOST_IGNORED) stopReading(request.socket)
        return
      }
      if (response.socket === null) closeWithSocket(response, request.socket)
      const fault = headFault(request)
      if (fault !== undefined) {
        ended.set(request.socket, 0)
        closeLater(request.socket, LONGEST_ANSWER_MS)
        const { status, headers, body } = refusal('bad-request', fault)
        response.writeHead(status, headers).end(body)
        return
      }
      if (request.headers['transfer-encoding'] !== undefined)
        boundPieces(request, response, HAS_BODY.includes(request.method as string))
      listener(request, response)
    },
  )
  // No limit but that of the bytes (16 kB): Node would ignore the further lines, and a proxy adds its X-Forwarded-For as the last one.
  server.maxHeadersCount = 0
  server.maxConnections = MAX_CONNECTIONS
  server.timeout = 60_000

  // Answers of pipelined requests whose turn has not come. If the connection closes, Node 20 says so only to the answer whose turn it is, and
  // streams among the others would never end.
  const queued = new WeakMap<Socket, Set<ServerResponse>>()
  // Connections on which no further request is handled, with the number of those that came: behind a fault nobody knows where the next one begins.
  // And what Node would answer there.
  const ended = new WeakMap<Socket, number>()
  const ignored = new WeakSet<ServerResponse>()
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

  function refusal(slug: Slug, fault = MALFORMED) {
    const { status, meaning } = ERRORS[slug]
    const errorId = randomBytes(16).toString('hex')
    const message = slug === 'bad-request' ? badRequest(fault).message : meaning
    const body = failure(status, message, slug, errorId)
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

  // Answers that are being made go out first, and those that are queued: what they tell of may be done. A request that is broken gets none.
  function refuseBehind(socket: Socket, slug: Slug): void {
    if (!socket.writable) return
    const pending = pendingOn(socket)
    if (pending === null || ignored.has(pending) || !(pending.req.complete || pending.headersSent)) {
      refuse(socket, slug)
      return
    }
    // The answer to a broken request has begun: a client would take a second one for the rest of its body.
    const begun = !pending.req.complete
    pending.once('close', () => (begun ? socket.destroySoon() : refuseBehind(socket, slug)))
  }

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    // Node reports it again for all that comes behind.
    if (ended.has(socket)) return
    ended.set(socket, 0)
    if (pendingOn(socket) !== null) closeLater(socket, LONGEST_ANSWER_MS)
    refuseBehind(socket, SLUGS[error.code ?? ''] ?? 'bad-request')
  })
  // If a request has an `Upgrade` header and its body ends too early, Node reports no error: it closes the connection without an answer.
  server.on('connection', (socket) =>
    socket.prependListener('end', () => {
      const pending = pendingOn(socket)
      if (pending?.req.headers.upgrade !== undefined && !pending.req.complete && !pending.headersSent)
        refuse(socket, 'bad-request')
    }),
  )
  // Node has removed all of its own listeners and time-outs from such a socket.
  server.on('connect', (_, socket) => {
    socket.on('error', () => undefined)
    socket.resume()
    closeLater(socket, CONNECT_MS)
    refuse(socket, 'bad-request')
  })
  // An expectation other than 100-continue may be ignored (RFC 9110 section 10.1.1); Node's 417 has no envelope.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  return server
}

// The answer that Node is sending on the socket, or will send next.
const pendingOn = (socket: Socket): ServerResponse | null =>
  (socket as { _httpMessage?: ServerResponse | null })._httpMessage ?? null

// As Node itself stops a client that takes no answers; without `_paused` it would read on for the next request.
function stopReading(socket: Socket): void {
  Object.assign(socket, { _paused: true })
  socket.pause()
}
