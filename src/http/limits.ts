// Knows the limits of Node's HTTP server, and answers in the envelope what never reaches Koa.
import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { failure } from './answer.ts'
import { ERRORS, type Slug } from './errors.ts'
import { FIXED_HEADERS } from './headers.ts'

/** Told of each request that the parser refused, with the `error_id` that its sender was given. */
export type Refused = (event: { slug: Slug; status: number; errorId: string }) => void

const MALFORMED =
  'Bad Request: this is not HTTP/1.1 as the standard has it; check the request line and the headers.'

/** An HTTP server with time-outs and bounds (docs/security.md lists them) that answers what Node refuses itself. */
export function createGuardedServer(
  listener: RequestListener,
  behindProxy: boolean,
  refused: Refused,
): Server {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      // Only as an option: set on the server later it would stay at Node's 30 s.
      connectionsCheckingInterval: 1_000,
      // A proxy keeps its connections for 60 s: closing earlier than it does makes rare 502s.
      keepAliveTimeout: behindProxy ? 65_000 : 5_000,
      // Node's own answer to a missing Host has no envelope; the listener below has one.
      requireHostHeader: false,
    },
    (request, response) => {
      if (request.headers.host !== undefined || request.httpVersion !== '1.1')
        return listener(request, response)
      const { status, headers, body } = refusal('bad-request')
      response.writeHead(status, headers).end(body)
    },
  )
  server.maxHeadersCount = 100
  server.maxConnections = 5_000
  server.timeout = 60_000

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
    refused({ slug, status, errorId })
    return { status, headers, body }
  }

  function refuse(socket: Duplex, slug: Slug): void {
    const { status, headers, body } = refusal(slug)
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('\r\n')}\r\n\r\n${body}`)
  }

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Node keeps the answer under way on the socket; a second one behind it would be taken for its rest.
    const { _httpMessage: under } = socket as { _httpMessage?: { headersSent: boolean } | null }
    if (error.code === 'ECONNRESET' || !socket.writable || under?.headersSent === true)
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
  // A body that ends too early is no fault to Node's parser beside an `Upgrade`: it ends the connection without a word.
  server.on('connection', (socket) =>
    socket.prependListener('end', () => {
      const { _httpMessage: under } = socket as { _httpMessage?: ServerResponse | null }
      if (under?.req.headers.upgrade !== undefined && !under.req.complete && !under.headersSent)
        refuse(socket, 'bad-request')
    }),
  )
  server.on('connect', (_, socket) => refuse(socket, 'bad-request'))
  // An expectation other than 100-continue may be ignored (RFC 9110 section 10.1.1); Node's 417 has no envelope.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  return server
}
