// The explorer's page: who gets it at `/`, with which headers, its files, and the sign-in link that works once.
import { get } from 'node:http'
import { afterAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { startService } from '../../src/service.ts'
import { startTestService, type TestService } from '../support/service.ts'

const BROWSERS = [
  ['Chromium', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
  ['Firefox', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ['a text browser', 'text/html, text/*;q=0.5, */*;q=0.1'],
]
const service = await startTestService()
const HTML = { Accept: 'text/html' }
const open = (to: TestService, path: string, headers: Record<string, string> = HTML) =>
  to.call('GET', path, { headers })
const raw = (path: string, headers: Record<string, string>): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(service.url)
    get({ hostname, port, path, headers }, (response) => {
      let text = ''
      response.on('data', (piece) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    }).on('error', reject)
  })
const vary = (headers: Headers) => (headers.get('vary') ?? '').split(',').map((name) => name.trim())
const filesOf = (html: string) =>
  [...html.matchAll(/(?:src|href)="\.(\/explorer\/[^"]+)"/g)].map(([, path]) => path as string)

describe('GET /', () => {
  it.each(BROWSERS)('shows the page to %s', async (_, accept) => {
    const answer = await open(service, '/', { Accept: accept as string })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.text).toContain('<title>follow-graph explorer</title>')
    expect(vary(answer.headers)).toContain('Accept')
    expect(answer.headers.get('cache-control')).toBe('no-cache')
  })

  it.each(['*/*', 'application/json', 'application/json, text/html;q=0.9', 'text/plain', 'image/*'])(
    'is the 404 of the envelope for Accept: %s',
    async (accept) => {
      const answer = await service.call('GET', '/', {
        headers: { Accept: accept },
        token: (await service.user()).token,
      })
      expect(answer.status).toBe(404)
      expect(answer.body.meta).toMatchObject({ code: 404, error_slug: 'not-found' })
      expect(vary(answer.headers)).toContain('Accept')
    },
  )

  it('has a policy that allows its own files only, and nothing inline', async () => {
    const { headers, text } = await open(service, '/')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("style-src 'self';")
    expect(policy).toContain("connect-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*/)
    expect(text).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/)
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//)
  })

  it('HEAD has the same headers and no body', async () => {
    const [get, head] = [await open(service, '/'), await service.call('HEAD', '/', { headers: HTML })]
    expect([head.status, head.text]).toEqual([200, ''])
    for (const name of ['content-type', 'content-security-policy', 'vary', 'cache-control', 'content-length'])
      expect(head.headers.get(name), name).toBe(get.headers.get(name))
  })

  it('takes no other method', async () => {
    const { token } = await service.user()
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await service.call(method, '/', { headers: HTML, token })).status, method).toBe(404)
  })
})

describe('the files of the page', async () => {
  const limited = await startTestService({ RATE_LIMIT: 'anonymous=3/3600' })

  it('are sent by the service, and may be kept for ever', async () => {
    const files = filesOf((await open(service, '/')).text)
    expect(files.map((path) => path.replace(/-[\w-]{8}\./, '-….')).sort()).toEqual([
      '/explorer/index-….css',
      '/explorer/index-….js',
    ])
    for (const path of files) {
      const answer = await open(service, path, { Accept: '*/*' })
      expect([answer.status, answer.headers.get('cache-control')], path).toEqual([
        200,
        'public, max-age=31536000, immutable',
      ])
      const type = path.endsWith('.js') ? 'text/javascript' : 'text/css'
      expect(answer.headers.get('content-type'), path).toBe(`${type}; charset=utf-8`)
      expect((await service.call('HEAD', path)).status, path).toBe(200)
      const posted = await service.call('POST', path)
      expect([posted.status, posted.headers.get('allow')], path).toEqual([405, 'GET'])
    }
  })

  it('come with the licences of what is bundled', async () => {
    const { status, text } = await open(service, '/explorer/LICENSES.txt')
    expect(status).toBe(200)
    expect(text).toContain('preact')
    expect(text).toContain('Permission is hereby granted')
  })

  it.each([
    '/explorer/',
    '/explorer/nothing.js',
    '/explorer/..%2findex.html',
    '/explorer/%2e%2e/index.html',
    '/explorer/../package.json',
    '/index.html',
    '/explorer',
  ])('%s is a 404', async (path) => {
    const { token } = await service.user()
    // As it stands here: fetch would resolve the dots.
    const answer = await raw(path, { ...HTML, Authorization: `Bearer ${token}` })
    expect([answer.status, JSON.parse(answer.text).meta.error_slug]).toEqual([404, 'not-found'])
  })

  it('count neither for the rate limit nor under their own names in the metrics', async () => {
    const [file] = filesOf((await open(limited, '/')).text)
    for (let n = 0; n < 5; n += 1)
      for (const path of ['/', file as string]) {
        const answer = await open(limited, path)
        expect([answer.status, answer.headers.get('x-ratelimit-limit')]).toEqual([200, null])
      }
    const { text } = await limited.call('GET', '/metrics')
    expect(text).toContain('route="/"')
    expect(text).toContain('route="/explorer/:file"')
    expect(text).not.toContain(file)
  })
})

describe('EXPLORER=off', async () => {
  const off = await startTestService({ EXPLORER: 'off' })

  it('leaves nothing of it', async () => {
    for (const path of ['/', '/explorer/LICENSES.txt', ...filesOf((await open(service, '/')).text)]) {
      const answer = await open(off, path)
      expect([answer.status, answer.body.meta.error_slug], path).toEqual([404, 'not-found'])
      expect(vary(answer.headers), path).not.toContain('Accept')
    }
    const answer = await off.call('POST', '/explorer/sign-in', { json: { code: 'x' } })
    expect(answer.status).toBe(404)
  })
})

describe('the sign-in link', async () => {
  const config = (more: Record<string, string> = {}) =>
    readConfig({
      NEO4J_URI: service.neo4j.uri,
      NEO4J_USERNAME: service.neo4j.username,
      NEO4J_PASSWORD: service.neo4j.password,
      PORT: '0',
      LOG_LEVEL: 'silent',
      PLAN_AHEAD: 'off',
      ...more,
    })
  const running = await startService(config(), service.neo4j)
  const hasty = await startService(config(), service.neo4j, true, undefined, { signInMs: 0 })
  const off = await startService(config({ EXPLORER: 'off' }), service.neo4j)
  afterAll(() => Promise.all([running.stop(), hasty.stop(), off.stop()]))
  const linkOf = (to: typeof running) => new URL(to.signInLink('the token') as string)
  const codeOf = (link: URL) => link.hash.replace('#once=', '')
  const exchange = (to: typeof running, body: unknown, method = 'POST') =>
    fetch(`${to.url}/explorer/sign-in`, {
      method,
      ...(method === 'POST'
        ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
        : {}),
    })

  it('holds the code where no server, log or proxy gets it', () => {
    const link = linkOf(running)
    expect(`${link.origin}${link.pathname}${link.search}`).toBe(`${running.url}/`)
    expect(link.hash).toMatch(/^#once=[\w-]{43}$/)
    expect(linkOf(running).hash).not.toBe(link.hash)
  })

  it('gives its token once, even to many at the same time', async () => {
    const code = codeOf(linkOf(running))
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(running, { code })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(401)])
    const good = answers.find(({ status }) => status === 200) as Response
    expect(good.headers.get('cache-control')).toBe('no-store')
    expect(await good.json()).toEqual({
      data: { access_token: 'the token', token_type: 'Bearer' },
      meta: { code: 200 },
    })
    const again = await exchange(running, { code })
    const { meta } = (await again.json()) as { meta: object }
    expect([again.status, meta]).toEqual([401, expect.objectContaining({ error_slug: 'invalid-token' })])
  })

  it('is out of date after its time', async () => {
    expect((await exchange(hasty, { code: codeOf(linkOf(hasty)) })).status).toBe(401)
  })

  it('is of one process only', async () => {
    const code = codeOf(linkOf(running))
    expect((await exchange(hasty, { code })).status).toBe(401)
    expect((await exchange(running, { code })).status).toBe(200)
  })

  it.each([[{}], [null], [{ code: 7 }], [[]], ['text']])('says what to send instead of %j', async (body) => {
    const answer = await exchange(running, body)
    const { meta } = (await answer.json()) as { meta: { error_message: string } }
    expect(answer.status).toBe(400)
    expect(meta.error_message).toMatch(/^Bad Request: code must be/)
  })

  it('is exchanged by POST only, and there is none without the explorer', async () => {
    const answer = await exchange(running, undefined, 'GET')
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    expect(off.signInLink('the token')).toBeNull()
  })
})
