// However many requests arrive at once, new connections are accepted in between.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { inTurns } from '../../src/http/turns.ts'

const BUSY = 500
const NEW = 50
const WORK_MS = 0.2

// Some 600 requests. 2,290 where turns are as long as without new connections; all requests where every client is handled first.
const MOST = 25 * NEW

function serverInTurns(listener: RequestListener, most: number): Server {
  const turns = inTurns(listener, most)
  return createServer(turns.request).on('connection', turns.connection)
}

/** How many requests of clients that never pause were handled until all new connections had an answer; MOST where they had none by then. */
async function handledMeanwhile(): Promise<number> {
  let handled = 0
  let atHandled: () => unknown = () => undefined
  const listener: RequestListener = (_, response) => {
    handled += 1
    atHandled()
    for (const until = performance.now() + WORK_MS; performance.now() < until; );
    response.end('ok')
  }
  const server = serverInTurns(listener, 5_000).listen({ port: 0, host: '127.0.0.1', backlog: 4_096 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets: Socket[] = []
  const open = () => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    return socket
  }
  const ask = (socket: Socket) => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  try {
    let going = true
    await Promise.all(
      Array.from({ length: BUSY }, async () => {
        const socket = open()
        await once(socket, 'connect')
        socket.on('data', () => going && ask(socket))
        ask(socket)
      }),
    )
    while (handled < 2 * BUSY) await new Promise(setImmediate)
    const before = handled
    const answered = Promise.all(
      Array.from({ length: NEW }, async () => {
        const socket = open()
        ask(socket)
        await once(socket, 'data')
      }),
    )
    const tooMany = new Promise((resolve) => {
      atHandled = () => handled - before >= MOST && resolve(null)
    })
    await Promise.race([answered, tooMany])
    going = false
    return handled - before
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

it('accepts a connection after a few requests, not after those of all clients', async () => {
  expect(await handledMeanwhile()).toBeLessThan(MOST)
})

it('answers all requests, those of one connection in order', async () => {
  const seen: string[] = []
  const server = serverInTurns((request, response) => {
    seen.push(request.url as string)
    for (const until = performance.now() + WORK_MS; performance.now() < until; );
    response.end(`${request.url}\n`)
  }, 1_000).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const paths = Array.from({ length: 2_500 }, (_, n) => `/${n}`)
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''))
  let answer = ''
  socket.on('data', (piece) => (answer += piece))
  await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(paths.length)
  await expect.poll(() => answer, { timeout: 10_000 }).toContain('/2499\n')
  expect(answer.match(/^\/\d+$/gm)).toEqual(paths)
  socket.destroy()
  server.close()
})

it('stops to read from a client that reads no answers, however many requests it sends', async () => {
  let handled = 0
  const server = serverInTurns((_, response) => {
    handled += 1
    response.end('x'.repeat(1_000))
  }, 100).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const requests = 100_000
  socket.on('error', () => undefined)
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(requests))
  let last = -1
  while (handled !== last) {
    last = handled
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  expect(handled).toBeGreaterThan(100)
  expect(handled).toBeLessThan(requests / 2)
  socket.destroy()
  server.closeAllConnections()
  server.close()
})
