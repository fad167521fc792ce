// A cheap HTTP client with one request at a time over a kept connection, so that mostly the service's time is measured.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export type Reply = { status: number; head: string; body: string; ms: number }

export type Wire = {
  /** Rejects where the connection ends before the answer is whole. */
  ask(method: string, path: string, token?: string, body?: { type: string; text: string }): Promise<Reply>
  close(): void
}

// The service closes connections that were idle for five seconds; shortly before that a new one is opened.
const IDLE_MS = 4_000

type Waiting = { began: number; done(reply: Reply): void; failed(error: Error): void }

/** Opens a connection to the service at `url`. */
export async function openWire(url: string): Promise<Wire> {
  let waiting: Waiting | null = null
  const told = (reply: Omit<Reply, 'ms'>) => {
    const mine = waiting
    waiting = null
    mine?.done({ ...reply, ms: performance.now() - mine.began })
  }
  let socket: Socket
  // The end of a connection that was replaced is ignored.
  const ended = (one: Socket, had: number) => {
    if (one === socket) waiting?.failed(new Error(`The connection ended after ${had} bytes.`))
  }
  socket = await connected(url, told, ended)
  let used = performance.now()
  return {
    async ask(method, path, token, body) {
      if (performance.now() - used > IDLE_MS) {
        socket.destroy()
        socket = await connected(url, told, ended)
      }
      const bearer = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
      const sent =
        body === undefined
          ? ''
          : `Content-Type: ${body.type}\r\nContent-Length: ${Buffer.byteLength(body.text)}\r\n`
      const reply = await new Promise<Reply>((done, failed) => {
        if (socket.destroyed) return failed(new Error('The connection had ended before the request.'))
        waiting = { began: performance.now(), done, failed }
        socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\n${bearer}${sent}\r\n${body?.text ?? ''}`)
      })
      used = performance.now()
      return reply
    },
    close: () => socket.destroy(),
  }
}

async function connected(
  url: string,
  told: (reply: Omit<Reply, 'ms'>) => void,
  ended: (socket: Socket, had: number) => void,
): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).setNoDelay()
  let got = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (piece) => {
    got = got.length === 0 ? piece : Buffer.concat([got, piece])
    const end = got.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = got.toString('latin1', 0, end)
    // Without compression every answer has Content-Length, except the stream of ids.
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN)
    const chunked = Number.isNaN(length)
    if (chunked ? !got.subarray(-5).equals(Buffer.from('0\r\n\r\n')) : got.length < end + 4 + length) return
    const body = chunked ? unchunked(got.subarray(end + 4)) : got.toString('utf8', end + 4)
    got = Buffer.alloc(0)
    told({ status: Number(head.slice(9, 12)), head, body })
  })
  await Promise.race([
    once(socket, 'connect'),
    once(socket, 'close').then(() => Promise.reject(new Error(`Nobody listens at ${url}.`))),
  ])
  return socket.on('close', () => ended(socket, got.length))
}

function unchunked(bytes: Buffer): string {
  const pieces: Buffer[] = []
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (size === 0) return Buffer.concat(pieces).toString('utf8')
    pieces.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}
