// What browsers ask before a call and may read after it; test/browser does the same in Chromium.
import { expect, it } from 'vitest'
import { ROUTES } from '../../src/routes/table.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService({ RATE_LIMIT: '' })
const user = await service.user()
const PAGES = [
  '/health/live',
  '/health/ready',
  '/metrics',
  '/openapi.json',
  '/docs',
  '/docs/',
  '/images/avatar.svg',
]

/** What tracers (OpenTelemetry, Datadog), log correlation, EventSource, jQuery and fetch with its cache settings send. */
const SENT =
  'authorization,content-type,x-adn-pretty-json,x-adn-migration-overrides,if-none-match,if-modified-since,cache-control,pragma,last-event-id,x-requested-with,x-request-id,traceparent,tracestate,baggage'
const EXPOSED =
  'x-request-id,link,retry-after,etag,www-authenticate,allow,x-ratelimit-limit,x-ratelimit-remaining,x-ratelimit-reset,x-oauth-scopes,x-adn-migrations-enabled'

const list = (value: string | null) => (value ?? '').split(',').map((name) => name.trim().toLowerCase())

it('a preflight allows on every route and page what browsers and their libraries send', async () => {
  const paths = [
    ...ROUTES.flatMap(({ path }) => [`/stream/0${path}`, path]).map((path) => path.replace(':user_id', '2')),
    ...PAGES,
  ]
  for (const path of paths) {
    const answer = await service.call('OPTIONS', path, {
      headers: {
        Origin: 'https://app.example.org',
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': SENT,
      },
    })
    expect(answer.status, path).toBe(204)
    const allowed = list(answer.headers.get('access-control-allow-headers'))
    expect(allowed, path).toEqual(expect.arrayContaining(SENT.split(',')))
    // Whatever else a library of tomorrow sends; there are no cookies to guard.
    expect(allowed, path).toContain('*')
  }
})

it('X-Request-Id and the others may be read, on successes, errors and pages', async () => {
  const headers = { Origin: 'https://app.example.org', 'X-Request-Id': 'of-the-page-7' }
  const answers = [
    await service.call('GET', '/users/me', { token: user.token, headers }),
    await service.call('GET', '/users/me/followers/ids', { token: user.token, headers }),
    await service.call('GET', '/users?ids=', { token: user.token, headers }),
    await service.call('GET', '/users/me', { token: 'nonsense', headers }),
    await service.call('DELETE', '/users/7', { token: user.token, headers }),
    await service.call('GET', '/nothing', { headers }),
    await service.call('DELETE', '/users', { headers }),
    await service.call('PATCH', '/users/me', { token: user.token, headers, form: { a: 'b' } }),
    await service.call('OPTIONS', '/users/me', { headers }),
    ...(await Promise.all(PAGES.map((path) => service.call('GET', path, { headers })))),
  ]
  expect(answers.slice(0, 9).map(({ status }) => status)).toEqual([
    200, 200, 400, 401, 403, 404, 405, 415, 204,
  ])
  for (const answer of answers) {
    expect(list(answer.headers.get('access-control-expose-headers'))).toEqual(
      expect.arrayContaining(EXPOSED.split(',')),
    )
    expect(answer.headers.get('x-request-id')).toBe('of-the-page-7')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  }
})

it('/docs and what it loads name no host and no path from the root, so that every name and prefix works', async () => {
  for (const path of ['/docs', '/docs/']) {
    const page = await service.call('GET', path)
    expect(page.status).toBe(200)
    expect(page.text).not.toMatch(/(?:src|href|url)="\//)
    expect(page.text).not.toContain('127.0.0.1')
    const [, script] = /<script type="module" src="([^"]+)"/.exec(page.text) ?? []
    // Under a prefix that a proxy strips the script is found beside the page.
    expect(new URL(script as string, `https://example.org/social${path}`).href).toBe(
      'https://example.org/social/docs/start.js',
    )
  }
  const start = await service.call('GET', '/docs/start.js')
  expect(start.headers.get('content-type')).toMatch(/^text\/javascript/)
  expect(start.text).not.toMatch(/['"`]\/|127\.0\.0\.1|localhost/)
})

it.each([
  ['', ['/stream/0', '/']],
  ['https://example.org', ['/stream/0', '/']],
  ['https://example.org/social', ['/social/stream/0', '/social']],
  ['https://example.org/a/b/', ['/a/b/stream/0', '/a/b']],
])(
  'with PUBLIC_URL=%s the servers of /openapi.json name no host, and its path',
  async (publicUrl, expected) => {
    const named = await startTestService({ PUBLIC_URL: publicUrl })
    const { text } = await named.call('GET', '/openapi.json')
    expect(text).not.toMatch(/127\.0\.0\.1|localhost|0\.0\.0\.0|example\.org/)
    const { servers, paths } = JSON.parse(text)
    expect(servers.map(({ url }: { url: string }) => url)).toEqual(expected)
    expect(paths['/health/live'].servers).toEqual([{ url: expected[1] }])
  },
)
