// The server in front of Koa, as bytes on a socket: what stands behind answers that are being made, bodies in very many pieces, and heads that Node takes.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import Koa from 'koa'
import { afterAll, describe, expect, it } from 'vitest'
import { readBody } from '../../src/http/body.ts'
import { createGuardedServer } from '../../src/http/limits.ts'

type Waiting = { request: IncomingMessage; response: ServerResponse }
const waiting: Waiting[] = []
const handled: string[] = []

// Paths that begin with /wait are answered by the test, /body by what readBody says, all others at once.
const app = new Koa()
app.silent = true
app.use(async (ctx) => {
  const body = await readBody(ctx, ['json']).catch((error: Error) => error.message)
  ctx.body = typeof body === 'string' ? body : JSON.stringify(body)
})
const koa = app.callback()
const server = createGuardedServer(
  (request, response) => {
    handled.push(request.url as string)
    if (request.url?.startsWith('/wait')) waiting.push({ request, response })
    else if (request.url === '/body') void koa(request, response)
    else response.end('at once')
  },
  false,
  () => undefined,
).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
afterAll(() => server.closeAllConnections() ?? server.close())

const head = (method: string, path: string, ...lines: string[]) =>
  `${[`${method} ${path} HTTP/1.1`, 'Host: x', ...lines].join('\r\n')}\r\n\r\n`
const CHUNKED = 'Transfer-Encoding: chunked'
const JSON_TYPE = 'Content-Type: application/json'

function client(...texts: string[]) {
  const socket = connect(port, '127.0.0.1')
  const state = { text: '', closed: false }
  socket.on('data', (data) => {
    state.text += data
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    state.closed = true
  })
  const send = (text: string) => socket.write(text)
  for (const text of texts) send(text)
  return {
    send,
    leave: () => socket.destroy(),
    /** The number of bytes that the service did not take yet. */
    unsent: () => socket.writableLength,
    /** Statuses and the last words of the answers, once the service has closed the connection. */
    async closed(timeout = 20_000) {
      await expect.poll(() => state.closed, { timeout }).toBe(true)
      return state.text
    },
    get text() {
      return state.text
    },
  }
}
const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)

/** The requests that wait for their answers, once there are so many. */
async function asked(paths: string[]): Promise<Waiting[]> {
  const found = () => paths.flatMap((path) => waiting.filter(({ request }) => request.url === path))
  await expect.poll(() => found().length).toBe(paths.length)
  return found()
}

describe('something that is no request, behind requests', () => {
  it('ends the reading: a flood of requests behind it does not fill the memory', async () => {
    const flood = head('GET', '/flooded').repeat(5_000)
    const { send, unsent, leave } = client(head('GET', '/wait/flood'), 'GET /x HTTP/1.1\r\n\r\n')
    const [pending] = (await asked(['/wait/flood'])) as [Waiting]
    const { socket } = pending.request
    // 30 MB; the operating system holds some of them for both sides.
    for (let n = 0; n < 150; n += 1) send(flood)
    await expect.poll(() => unsent() > 10_000_000 && socket.isPaused(), { timeout: 10_000 }).toBe(true)
    const { bytesRead } = socket
    await wait(100)
    expect(socket.bytesRead).toBe(bytesRead)
    expect(bytesRead).toBeLessThan(1_000_000)
    leave()
  })

  it.each([
    ['no request line', 'RUBBISH\r\n\r\n', '400'],
    ['a chunk without a length', `${head('POST', '/body', JSON_TYPE, CHUNKED)}zz\r\n`, '400'],
    ['a head that is too long', head('GET', '/x', `X: ${'x'.repeat(17_000)}`), '431'],
  ])('%s: their answers go out first', async (what, rubbish, status) => {
    const paths = [`/wait/1/${status}/${what.length}`, `/wait/2/${status}/${what.length}`]
    const them = client(paths.map((path) => head('POST', path, 'Content-Length: 0')).join(''))
    const [first, second] = (await asked(paths)) as [Waiting, Waiting]
    them.send(rubbish)
    await wait(100)
    expect(them.text).toBe('')
    second.response.end('two')
    first.response.end('one')
    const text = await them.closed()
    expect(statuses(text)).toEqual(['200', '200', status])
    expect(text).toMatch(/\r\none.*\r\ntwo.*"error_slug"/s)
  })

  it('an answer that has begun is whole', async () => {
    const them = client(head('GET', '/wait/begun'))
    const [{ response }] = (await asked(['/wait/begun'])) as [Waiting]
    response.write('first')
    await expect.poll(() => them.text).toContain('first')
    them.send('RUBBISH\r\n\r\n')
    await wait(100)
    response.end('last')
    expect(await them.closed()).toMatch(/first.*last\r\n0\r\n\r\nHTTP\/1\.1 400/s)
  })

  it('a request whose own body is broken is refused at once, unless its answer has begun', async () => {
    const post = (path: string) => head('POST', path, CHUNKED)
    const refused = client(post('/wait/broken'))
    await asked(['/wait/broken'])
    refused.send('zz\r\n')
    expect(statuses(await refused.closed())).toEqual(['400'])

    const begun = client(post('/wait/half'))
    const [{ response }] = (await asked(['/wait/half'])) as [Waiting]
    response.write('first')
    begun.send('zz\r\n')
    await wait(100)
    response.end('last')
    const text = await begun.closed()
    expect(statuses(text)).toEqual(['200'])
    expect(text).toContain('last')
  })

  it('a head that does not end in time', { timeout: 30_000 }, async () => {
    const them = client(`${head('GET', '/wait/slow')}GET /x HTTP/1.1\r\nHost: x\r\nX-Slow: `)
    const [{ response }] = (await asked(['/wait/slow'])) as [Waiting]
    await wait(12_500)
    expect(them.text).toBe('')
    // It ends after all; its answer would have no end.
    them.send('x\r\n\r\n')
    await wait(100)
    response.end('one')
    expect(statuses(await them.closed())).toEqual(['200', '408'])
    expect(handled).not.toContain('/x')
  })
})

describe('a body in many pieces', () => {
  const pieces = (count: number) => '1\r\n \r\n'.repeat(count)

  it('of up to 20,000 is whole', async () => {
    const them = client(
      head('POST', '/body', JSON_TYPE, CHUNKED, 'Connection: close'),
      pieces(19_998),
      '1\r\n7\r\n',
      '0\r\n\r\n',
    )
    expect(await them.closed()).toContain('{"type":"json","value":7}')
  })

  it.each(['/body', '/nothing'])('of more is cut off, and the connection is closed: %s', async (path) => {
    const them = client(head('POST', path, JSON_TYPE, CHUNKED), pieces(20_001))
    // Sooner than a connection that is kept.
    const text = await them.closed(4_500)
    expect(statuses(text)).toEqual(['200'])
    if (path === '/body') expect(text).toMatch(/connection: close.*over 20000 chunks; send larger ones/is)
  })

  it('that nobody reads is not kept', async () => {
    const them = client(head('GET', '/wait/unread', CHUNKED), pieces(10_000))
    const [{ request, response }] = (await asked(['/wait/unread'])) as [Waiting]
    them.send('0\r\n\r\n')
    await expect.poll(() => request.complete).toBe(true)
    expect(request.readableLength).toBe(0)
    response.end('one')
    await expect.poll(() => them.text).toContain('one')
    them.send(head('GET', '/next', 'Connection: close'))
    expect(statuses(await them.closed())).toEqual(['200', '200'])
  })
})

describe('a head that is refused', () => {
  const HTTP_1_0 = `POST /x HTTP/1.0\r\nConnection: keep-alive\r\n${CHUNKED}\r\n\r\n0\r\n\r\n`

  it.each([
    ['two Host lines', head('GET', '/x', 'hOST: y'), 'send one'],
    ['the same Host twice', head('GET', '/x', 'Host: x'), 'send one'],
    ['two Host lines of HTTP/1.0', 'GET /x HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n', 'send one'],
    ['no Host', 'GET /x HTTP/1.1\r\n\r\n', 'check the request line'],
    ['chunks of HTTP/1.0', HTTP_1_0, 'send Content-Length'],
  ])('%s: 400, and nothing behind it is handled', async (what, text, remedy) => {
    const behind = `/behind/${what.replaceAll(' ', '-')}`
    const answer = await client(text + head('GET', behind)).closed()
    expect(statuses(answer)).toEqual(['400'])
    expect(answer).toMatch(/connection: close/i)
    expect(answer).toContain(`"error_message":"Bad Request: `)
    expect(answer).toContain(remedy)
    expect(handled).not.toContain('/x')
    expect(handled).not.toContain(behind)
  })
})
