// The address that links, pictures and canonical URLs name: under a path that a proxy strips, with PUBLIC_URL and without it.
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
