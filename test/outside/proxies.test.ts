// What proxies and balancers send, and what must hold behind them: who is counted, where links lead, what a cache may keep.
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { localUrl } from '../../src/http/address.ts'
import { people } from '../lists/fixtures.ts'
import { raw } from '../support/raw.ts'
import { startTestService, type TestService } from '../support/service.ts'

/** A proxy that is mounted under `prefix` and takes it off, as nginx, Traefik and ingress controllers do. */
async function proxyTo(service: TestService, prefix: string, headers: Record<string, string> = {}) {
  const proxy = createServer((asked, answer) => {
    if (!(asked.url as string).startsWith(`${prefix}/`))
      return answer.writeHead(404).end('not of the service')
    const on = httpRequest(
      service.url + (asked.url as string).slice(prefix.length),
      { method: asked.method ?? 'GET', headers: { ...asked.headers, ...headers } },
      (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers)
        got.pipe(answer)
      },
    )
    asked.pipe(on)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  afterAll(() => proxy.close())
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${prefix}`
}

describe('the address of a client', () => {
  const A = '203.0.113.7'
  const SIX = '2001:db8:1:2::1'

  const services = new Map<string, Promise<TestService>>()
  const trusting = (proxies: string) => {
    const made =
      services.get(proxies) ?? startTestService({ RATE_LIMIT: 'anonymous=1000/3600', TRUST_PROXY: proxies })
    services.set(proxies, made)
    return made
  }

  /** Whether each line counts where the one before it did. */
  async function countAsOne(lines: string[], proxies = '1') {
    const service = await trusting(proxies)
    const left: number[] = []
    for (const line of lines) {
      const { headers } = await service.call('GET', '/nothing', { headers: { 'X-Forwarded-For': line } })
      left.push(Number(headers.get('x-ratelimit-remaining')))
    }
    expect(left).toEqual(lines.map((_, n) => (left[0] as number) - n))
  }

  it.each([
    [
      'IPv4',
      [
        A,
        `${A}:5001`,
        `${A}:5002`,
        `::ffff:${A}`,
        `::FFFF:${A}`,
        '::ffff:cb00:7107',
        `[::ffff:${A}]:80`,
        `"${A}"`,
        `"${A}:99"`,
        `  ${A}\t`,
        `${A}:_port`,
      ],
    ],
    [
      'IPv6',
      [
        SIX,
        `[${SIX}]`,
        `[${SIX}]:443`,
        `[${SIX}]:8443`,
        SIX.toUpperCase(),
        '2001:0db8:0001:0002:9::',
        `"[${SIX}]:1"`,
        `${SIX}%eth0`,
        `[${SIX}%25en0]:1`,
        '2001:db8:1:2:a:b:192.0.2.33',
      ],
    ],
    [
      'nothing that is an address',
      [
        '',
        'unknown',
        'UNKNOWN',
        '_hidden',
        '_SEVKISEK',
        'unknown:80',
        'x1',
        'x2',
        '1',
        '2',
        '12345',
        '0x7f000001',
        '010.1.1.1',
        '256.1.1.1',
        '1.2.3',
        '1.2.3.4.5',
        '1.2.3.4:port',
        '1.2.3.4:123456',
        '[1.2.3.4]',
        '::1::2',
        '[2001:db8::1',
        '2001:db8::1]',
        '[]',
        ':',
        '""',
        '203.0.113.9;x',
        'for=203.0.113.9',
        'localhost',
        'unix:',
        `${'9'.repeat(300)}`,
        '203.0.113.9 203.0.113.8',
        '127.0.0.1',
        '127.0.0.1:4',
        '::ffff:127.0.0.1',
      ],
    ],
    ['entries of which some are empty', [A, `, ${A}`, `,,${A},`, `198.51.100.1,, ${A} ,`, ` , ${A}:1`]],
    [
      'the last of many entries',
      [A, `198.51.100.1, ${A}`, `x, y, z, ${A}:7`, `"198.51.100.1", [2001:db8::9]:1, ::ffff:${A}`],
    ],
  ])('is one, however it is written: %s', (_, lines) => countAsOne(lines))

  it('is that of the outermost trusted proxy, whatever stands before its entry', () =>
    countAsOne([`${A}:1, 10.0.0.1:2`, `198.51.100.1, ${A}:3, [::ffff:10.0.0.2]:4`, `6, ${A}, unknown`], '2'))

  it('is read from several header lines as from one', async () => {
    const service = await startTestService({ RATE_LIMIT: 'anonymous=2/3600', TRUST_PROXY: '1' })
    const statuses: number[] = []
    for (const first of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) {
      const text = `GET /nothing HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${first}\r\nX-Forwarded-For: ${A}:1\r\nConnection: close\r\n\r\n`
      statuses.push((await raw(service.url, text)).status)
    }
    expect(statuses).toEqual([404, 404, 429])
  })

  it('differs for another address and another /64', async () => {
    const service = await startTestService({ RATE_LIMIT: 'anonymous=10/3600', TRUST_PROXY: '1' })
    for (const line of [`${A}:1`, '203.0.113.8:1', `[${SIX}]:1`, '[2001:db8:1:3::1]:1', 'unknown']) {
      const answer = await service.call('GET', '/nothing', { headers: { 'X-Forwarded-For': line } })
      expect(answer.headers.get('x-ratelimit-remaining'), line).toBe('9')
    }
  })

  it('bounds guesses of a client secret, whatever its port', async () => {
    const service = await startTestService({
      RATE_LIMIT: 'grant=3/3600,anonymous=1000/60',
      TRUST_PROXY: '1',
    })
    const statuses: number[] = []
    for (let n = 0; n < 6; n += 1) {
      const form = { grant_type: 'client_credentials', client_id: 'follow-graph', client_secret: `wrong${n}` }
      const headers = { 'X-Forwarded-For': `${A}:${5_000 + n}` }
      statuses.push((await service.call('POST', '/oauth/access_token', { form, headers })).status)
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429])
  })
})

describe('under a path', async () => {
  const service = await startTestService({ PUBLIC_URL: 'https://example.org/so$&cial/' })
  const base = await proxyTo(service, '/social')
  const owner = await service.user()
  const followers = await people(service, 7)
  for (const { id } of followers) await service.follow(id, owner)
  const expected = followers.map(({ id }) => id).reverse()

  const target = (answer: Response, rel: string) =>
    new RegExp(`<([^>]*)>; rel="${rel}"`).exec(answer.headers.get('link') ?? '')?.[1]

  it.each([
    ['next', 'stream/0/users/OWNER/followers?count=3'],
    ['prev', 'stream/0/users/OWNER/followers?count=-3'],
    ['next', 'users/OWNER/followers?count=3'],
    ['next', 'users/@NAME/followers?count=3'],
    ['next', 'users/%40NAME/followers?count=3&include_html=0&note=a%26b%3Dc+d&x=1&x=2&empty='],
    ['next', 'users/OWNER/followers/ids?count=3'],
    ['prev', 'users/OWNER/followers/ids?count=-3'],
  ])('rel=%s of %s leads on, to the end, with all its parameters and no token', async (rel, path) => {
    const found: string[] = []
    const begin = path.replace('OWNER', owner.id).replace('NAME', owner.username)
    let url: string | undefined = `${base}/${begin}&access_token=${owner.token}`
    const given = new URL(url).searchParams
    while (url !== undefined) {
      const headers: Record<string, string> = url.includes('access_token')
        ? {}
        : { Authorization: `Bearer ${owner.token}` }
      const answer: Response = await fetch(url, { headers })
      expect(answer.status, url).toBe(200)
      const { data } = (await answer.json()) as { data: (string | { id: string })[] }
      const ids = data.map((item) => (typeof item === 'string' ? item : item.id))
      if (rel === 'next') found.push(...ids)
      else found.unshift(...ids)
      const next = target(answer, rel)
      if (next === undefined) break
      expect(next).toMatch(/^\?/)
      expect(answer.headers.get('link')).not.toContain(owner.token)
      url = new URL(next, url).href
      expect(url.startsWith(`${base}/${begin.split('?')[0]}?`)).toBe(true)
      for (const key of new Set(given.keys()))
        if (!['access_token', 'count'].includes(key))
          expect(new URL(url).searchParams.getAll(key), key).toEqual(given.getAll(key))
      expect(new URL(url).searchParams.has('access_token')).toBe(false)
    }
    expect(found).toEqual(expected)
  })

  it('pictures and the canonical address are those of PUBLIC_URL, letter by letter', async () => {
    const { data } = (await (await fetch(`${base}/users/${owner.id}`)).json()) as { data: Shown }
    expect(data.avatar_image.url).toBe('https://example.org/so$&cial/images/avatar.svg')
    expect(data.canonical_url).toMatch(/^https:\/\/example\.org\/so\$&cial\//)
  })
})

type Shown = { avatar_image: { url: string }; cover_image: { url: string }; canonical_url: string }

/** What stands before the paths of a User's three addresses, for a request with these headers. */
async function shown(url: string, id: string, headers: string[]): Promise<string[]> {
  const text = `GET /users/${id} HTTP/1.1\r\n${headers.map((line) => `${line}\r\n`).join('')}Connection: close\r\n\r\n`
  const { data } = JSON.parse((await raw(url, text)).body) as { data: Shown }
  const bases = [data.avatar_image.url, data.cover_image.url, data.canonical_url].map((address) =>
    address.replace(/\/(images\/\w+\.svg|users\/\d+)$/, ''),
  )
  return [...new Set(bases)]
}

describe('without PUBLIC_URL', async () => {
  const everywhere = await startTestService({ HOST: '0.0.0.0' })
  const behind = await startTestService({ TRUST_PROXY: '2' })
  const user = await everywhere.user()

  it('pictures follow the host of the request', async () => {
    for (const [host, address] of [
      ['api.example.org', 'http://api.example.org'],
      ['API.Example.org:8080', 'http://api.example.org:8080'],
      ['localhost:3000', 'http://localhost:3000'],
      ['192.0.2.1:3000', 'http://192.0.2.1:3000'],
      ['[2001:db8::1]:3000', 'http://[2001:db8::1]:3000'],
      ['follow_graph:3000', 'http://follow_graph:3000'],
      ['xn--bcher-kva.example', 'http://xn--bcher-kva.example'],
    ])
      expect(await shown(everywhere.url, user.id, [`Host: ${host}`]), host).toEqual([address])
  })

  it('nothing names 0.0.0.0, the address printed neither', async () => {
    expect(everywhere.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    for (const host of ['0.0.0.0:3000', '[::]:3000', '0', '0x0:3000', '000.000.000.000', ''])
      expect(await shown(everywhere.url, user.id, [`Host: ${host}`]), host).toEqual([everywhere.url])
    expect(localUrl('0', 80)).toBe('http://127.0.0.1:80')
    expect(localUrl('::', 80)).toBe('http://[::1]:80')
    expect(localUrl('0:0:0:0:0:0:0:0', 80)).toBe('http://[::1]:80')
    expect(localUrl('::1', 80)).toBe('http://[::1]:80')
    expect(localUrl('localhost', 80)).toBe('http://localhost:80')
  })

  it('a forged or malformed host never comes back', async () => {
    for (const host of [
      'a"b',
      'a b',
      'ada@example.org',
      'ada:secret@example.org',
      'example.org/path',
      'example.org?q',
      'example.org#f',
      'example.org\\x',
      '<script>',
      'example.org:99999',
      'example.org:port',
      '[2001:db8::1',
      '[x]',
      'exa%6Dple.org',
      "a'b",
      'a,b',
      `${'a'.repeat(300)}.org`,
      '-',
      '..',
    ])
      expect(await shown(everywhere.url, user.id, [`Host: ${host}`]), host).toEqual([everywhere.url])
  })

  it('what proxies say counts only where they are trusted', async () => {
    const said = ['Host: inner:3000', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: api.example.org']
    expect(await shown(everywhere.url, user.id, said)).toEqual(['http://inner:3000'])
    expect(await shown(behind.url, user.id, said)).toEqual(['https://api.example.org'])
    expect(await shown(behind.url, user.id, ['Host: inner:3000', 'X-Forwarded-Proto: HTTPS'])).toEqual([
      'https://inner:3000',
    ])
    const forged = 'X-Forwarded-Host: evil.example, api.example.org:443, second.internal'
    expect(
      await shown(behind.url, user.id, ['Host: inner', 'X-Forwarded-Proto: http, https, http', forged]),
    ).toEqual(['https://api.example.org'])
    for (const wrong of ['a"b', 'ada@x.org', 'x.org/y', '0.0.0.0'])
      expect(
        await shown(behind.url, user.id, [
          'Host: inner',
          `X-Forwarded-Host: ${wrong}`,
          'X-Forwarded-Proto: gopher',
        ]),
        wrong,
      ).toEqual(['http://inner'])
  })

  it('an answer remembered for one host is not told to another', async () => {
    const tags = new Set<string>()
    for (const host of ['a.example.org', 'b.example.org', 'a.example.org']) {
      expect(await shown(everywhere.url, user.id, [`Host: ${host}`])).toEqual([`http://${host}`])
      const head = `HEAD /users/${user.id} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
      tags.add((await raw(everywhere.url, head)).headers.get('etag') ?? '')
    }
    expect(tags.size).toBe(2)
  })
})

describe('caches', async () => {
  const service = await startTestService({ RATE_LIMIT: 'anonymous=1000/60' })
  const [ada, bo] = [await service.user(), await service.user()]
  await service.follow(ada, bo)
  const kept = async (method: string, path: string, options: Parameters<TestService['call']>[2] = {}) => {
    const answer = await service.call(method, path, options)
    return `${answer.status} ${answer.headers.get('cache-control')}`
  }

  it('keep nothing without asking', async () => {
    const user = `/stream/0/users/${bo.id}`
    expect(await kept('GET', user)).toBe('200 no-cache')
    expect(await kept('HEAD', user)).toBe('200 no-cache')
    expect(await kept('GET', `${user}?callback=f`)).toBe('200 no-cache')
    expect(await kept('OPTIONS', user)).toBe('204 no-cache')
    const tag = (await service.call('GET', user)).headers.get('etag') as string
    expect(await kept('GET', user, { headers: { 'If-None-Match': tag } })).toBe('304 no-cache')
    for (const path of ['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs'])
      expect(await kept('GET', path), path).toBe('200 no-cache')
    expect(await kept('GET', '/nothing')).toBe('404 no-cache')
    expect(await kept('GET', '/users/999999999999999999')).toBe('404 no-cache')
    expect(await kept('PUT', '/token')).toBe('405 no-cache')
    expect(await kept('GET', '/token')).toBe('401 no-cache')
    expect(await kept('GET', `${user}/followers`)).toBe('401 no-cache')
    expect(await kept('GET', `/users/${'9'.repeat(9_000)}`)).toBe('414 no-cache')
    const refused = await raw(service.url, 'nonsense\r\n\r\n')
    expect([refused.status, refused.headers.get('cache-control')]).toEqual([400, 'no-cache'])
  })

  it('that others share keep nothing that was told to a token', async () => {
    const { token } = ada
    const user = `/users/${bo.id}`
    for (const path of [user, `${user}/followers`, `${user}/followers/ids`, `${user}/followers/ids?count=1`])
      expect(await kept('GET', path, { token }), path).toBe('200 private, no-cache')
    expect(await kept('GET', `${user}?access_token=${token}`)).toBe('200 private, no-cache')
    expect(await kept('GET', '/nothing', { token })).toBe('404 private, no-cache')
    expect(await kept('GET', user, { token: 'wrong' })).toBe('401 private, no-cache')
    expect(await kept('GET', `${user}?access_token=wrong`)).toBe('401 private, no-cache')
    expect(await kept('GET', '/users/me', { headers: { Authorization: 'Basic eDp5' } })).toMatch(
      / private, no-cache$/,
    )
    expect(await kept('GET', `${user}/followers?count=x`, { token })).toBe('400 private, no-cache')
    expect(await kept('POST', `${user}/follow`, { json: { access_token: token } })).toBe(
      '200 private, no-cache',
    )
    expect(await kept('POST', `${user}/follow`, { form: { access_token: token } })).toBe(
      '200 private, no-cache',
    )
    expect(await kept('DELETE', `${user}/follow`, { token })).toBe('200 private, no-cache')
    const tag = (await service.call('GET', user, { token })).headers.get('etag') as string
    expect(await kept('GET', user, { token, headers: { 'If-None-Match': tag } })).toBe(
      '304 private, no-cache',
    )
  })

  it('keep what says so itself: pictures a day, new tokens never', async () => {
    expect(await kept('GET', '/images/avatar.svg')).toBe('200 public, max-age=86400')
    expect(await kept('GET', '/images/avatar.svg', { token: ada.token })).toBe('200 public, max-age=86400')
    expect(await kept('POST', '/oauth/access_token', { form: { grant_type: 'x' } })).toBe('400 no-store')
  })
})
