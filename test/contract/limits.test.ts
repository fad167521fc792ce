// 408, 413, 414, 415, 431, and bytes that are not HTTP.
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { compression } from '../../src/http/compress.ts'
import { respond } from '../../src/http/respond.ts'
import { raw } from '../support/raw.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const [ada, bo] = await service.users(2)

const failed = (
  answer: { status: number; body: string; headers: Map<string, string> },
  status: number,
  slug: string,
) => {
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(JSON.parse(answer.body)).toEqual({
    meta: {
      code: status,
      error_slug: slug,
      error_message: expect.any(String),
      error_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
  })
}
const post = (path: string, lines: string[], body = '') =>
  raw(
    service.url,
    [
      `POST ${path} HTTP/1.1`,
      'Host: x',
      'Connection: close',
      `Authorization: Bearer ${ada!.token}`,
      ...lines,
      '',
      body,
    ].join('\r\n'),
  )
const follow = `/users/${bo!.id}/follow`

describe('413', () => {
  it('a body over 1 MB is refused, one of 1 MB is not', async () => {
    const filled = (bytes: number) => ({
      method: 'POST',
      headers: { Authorization: `Bearer ${ada!.token}`, 'Content-Type': 'application/json' },
      body: `"${'a'.repeat(bytes - 2)}"`,
    })
    expect((await fetch(service.url + follow, filled(1_000_000))).status).toBe(200)
    const over = await fetch(service.url + follow, filled(1_000_001))
    expect(over.status).toBe(413)
    expect(await over.json()).toMatchObject({ meta: { code: 413, error_slug: 'too-large' } })
    expect((await fetch(service.url + follow, filled(6_000_000))).status).toBe(413)
  })

  it('a body without Content-Length is counted while it arrives', async () => {
    const piece = `${(100_000).toString(16)}\r\n${'a'.repeat(100_000)}\r\n`
    failed(
      await post(
        follow,
        ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
        `${piece.repeat(11)}0\r\n\r\n`,
      ),
      413,
      'too-large',
    )
  })
})

it('414: a URL over 8,000 characters; one of 8,000 is answered', async () => {
  const path = (length: number) => `/users/${ada!.id}?x=`.padEnd(length, 'a')
  expect((await service.call('GET', path(8_000))).status).toBe(200)
  const over = await service.call('GET', path(8_001))
  expect([over.status, over.body.meta.error_slug]).toEqual([414, 'uri-too-long'])
  const wrapped = await service.call('GET', `${path(8_000)}&callback=f`)
  expect([wrapped.status, wrapped.text.slice(0, 3)]).toEqual([200, 'f({'])
  expect(wrapped.text).toContain('uri-too-long')
})

describe('415', () => {
  it.each([
    ['text/plain', 'x'],
    ['application/xml', '<a/>'],
    ['multipart/form-data; boundary=b', '--b--'],
  ])('a body of type %s', async (type, body) => {
    failed(
      await post(follow, [`Content-Type: ${type}`, `Content-Length: ${body.length}`], body),
      415,
      'unsupported-media-type',
    )
  })

  it('a body without a type, one that is compressed, and a form where only JSON is taken', async () => {
    failed(await post(follow, ['Content-Length: 2'], '{}'), 415, 'unsupported-media-type')
    failed(
      await post(
        follow,
        ['Content-Type: application/json', 'Content-Encoding: gzip', 'Content-Length: 2'],
        '{}',
      ),
      415,
      'unsupported-media-type',
    )
    const form = await service.call('PATCH', '/users/me', { token: ada!.token, form: { name: 'x' } })
    expect(form.status).toBe(415)
  })

  it.each(['Identity', '', 'identity, IDENTITY'])('not a body in the encoding %j', async (encoding) => {
    const lines = ['Content-Type: Application/JSON', `Content-Encoding: ${encoding}`, 'Content-Length: 2']
    expect((await post(follow, lines, '{}')).status).toBe(200)
  })

  it('no body needs no type', async () => {
    expect((await post(follow, ['Content-Length: 0'])).status).toBe(200)
    expect((await post(follow, [])).status).toBe(200)
    expect((await post(follow, ['Content-Type: text/plain', 'Content-Length: 0'])).status).toBe(200)
  })
})

describe('400', () => {
  it.each(['{', '{"a":1,}', '\uFEFFx', "{'a':1}"])('a body that is not JSON: %j', async (body) => {
    failed(
      await post(
        follow,
        ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`],
        body,
      ),
      400,
      'bad-request',
    )
  })

  it('a body of very many values', async () => {
    const [many, deep] = [`[${'[],'.repeat(20_001)}[]]`, '['.repeat(67) + ']'.repeat(67)]
    const levels = `${'['.repeat(67)}${'[],'.repeat(20_001)}[]${']'.repeat(67)}`
    for (const body of [
      many,
      // The parser knows only the last of these.
      `{"a":${deep},"a":${many}}`,
      `{"a":${levels},"a":1}`,
      // The parser puts numbers first.
      `{"a":${deep},"0":${many}}`,
    ]) {
      const lines = ['Content-Type: application/json', `Content-Length: ${body.length}`]
      failed(await post(follow, lines, body), 400, 'bad-request')
    }
    // Commas and brackets of a text are no values.
    const text = JSON.stringify({ a: '\\"[{,'.repeat(10_000) })
    const answer = await post(
      follow,
      ['Content-Type: application/json', `Content-Length: ${text.length}`],
      text,
    )
    expect(answer.status).toBe(200)
  })

  it('a target that is a whole address is its path, if it is one', async () => {
    const get = (target: string) =>
      raw(service.url, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    const answer = await get(`http://example.org/stream/0/users/${bo!.id}?include_html=0`)
    expect([answer.status, JSON.parse(answer.body).data.id]).toEqual([200, bo!.id])
    for (const target of [
      'http://xn--a/',
      'http://[::1/',
      'http://[::1]x/stream/0/users/1',
      'http://',
      'foo://h',
      'foo://h?x',
    ])
      failed(await get(target), 400, 'bad-request')
  })

  it('what is not HTTP/1.1: no request line, no Host, both lengths, a bad header', async () => {
    failed(await raw(service.url, 'nonsense\r\n\r\n'), 400, 'bad-request')
    failed(await raw(service.url, 'GET /users/2 HTTP/1.1\r\nConnection: close\r\n\r\n'), 400, 'bad-request')
    failed(
      await raw(
        service.url,
        'POST /users/2/follow HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ),
      400,
      'bad-request',
    )
    failed(await raw(service.url, 'GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n'), 400, 'bad-request')
    failed(await raw(service.url, 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n'), 400, 'bad-request')
  })

  it('CONNECT from a client that goes away by a reset, or sends on and stays, does no harm', async () => {
    const { hostname, port } = new URL(service.url)
    const clients = ['resets', 'stays'].map((what) => {
      const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
      socket.resume().on('error', () => undefined)
      socket.write('CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n')
      if (what === 'resets') setTimeout(() => socket.resetAndDestroy(), 50)
      const sending = setInterval(() => socket.write('more'), 200)
      return new Promise<void>((resolve) =>
        socket.on('close', () => {
          clearInterval(sending)
          resolve()
        }),
      )
    })
    await wait(200)
    expect((await service.call('GET', `/users/${ada!.id}`)).status).toBe(200)
    // The connection of the one that stays is closed by the service.
    await Promise.all(clients)
  })

  it.each(['', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'])(
    'a body that ends too early; %j',
    async (lines) => {
      const head = `POST ${follow} HTTP/1.1\r\nHost: x\r\n${lines}Content-Type: application/json\r\nContent-Length: 9`
      failed(await raw(service.url, `${head}\r\n\r\n{}`, { end: true }), 400, 'bad-request')
    },
  )

  it.each([
    ['two Host lines', 'GET', '1.1', ['host: evil.example'], 'send one'],
    ['two Authorization lines', 'GET', '1.1', ['authorization: Bearer x'], 'send one'],
    ['two schemes of Authorization', 'POST', '1.1', ['Authorization: Basic eDp5'], 'send one'],
    ['chunks of HTTP/1.0', 'POST', '1.0', ['Transfer-Encoding: chunked'], 'Content-Length'],
  ])('%s', async (_, method, version, lines, remedy) => {
    const text = [
      `${method} ${method === 'GET' ? `/users/${ada!.id}/followers` : follow} HTTP/${version}`,
      'Host: one.example',
      'Connection: close',
      `Authorization: Bearer ${ada!.token}`,
      ...lines,
    ].join('\r\n')
    const answer = await raw(service.url, `${text}\r\n\r\n${version === '1.0' ? '0\r\n\r\n' : ''}`)
    failed(answer, 400, 'bad-request')
    expect(answer.body).toContain(remedy)
    expect(answer.head + answer.body).not.toContain('evil.example')
  })

  it('an unknown Expect header is ignored', async () => {
    expect(
      (
        await raw(
          service.url,
          `GET /users/${ada!.id} HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nConnection: close\r\n\r\n`,
        )
      ).status,
    ).toBe(200)
  })
})

it('431: headers over 16 kB', async () => {
  failed(
    await raw(service.url, `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(17_000)}\r\n\r\n`),
    431,
    'headers-too-large',
  )
  failed(
    await raw(service.url, `GET /${'a'.repeat(17_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
    431,
    'headers-too-large',
  )
})

it('408: headers that do not end in time', async () => {
  const started = performance.now()
  failed(await raw(service.url, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '), 408, 'timeout')
  expect(performance.now() - started).toBeLessThan(13_000)
})

it.each(['identity', 'gzip', 'br'])(
  'a failing stream (%s) breaks the connection instead of ending the list',
  async (encoding) => {
    async function* broken() {
      for (let page = 0; page < 50; page += 1)
        yield Array.from({ length: 1_000 }, () => `"${Math.random()}"`).join(',')
      throw new Error('cut')
    }
    const app = new Koa()
    app.on('error', () => undefined)
    app.use(compression)
    app.use((ctx) =>
      respond(ctx, { pretty: false, callback: undefined, publicUrl: '' }, { stream: broken() }),
    )
    const server = createServer(app.callback())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
        headers: { 'Accept-Encoding': encoding },
      })
      expect(response.headers.get('content-encoding')).toBe(encoding === 'identity' ? null : encoding)
      await expect(response.text()).rejects.toThrow()
    } finally {
      server.closeAllConnections()
      server.close()
    }
  },
)
