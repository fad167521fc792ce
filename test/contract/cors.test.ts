// CORS for every route.
import { expect, it } from 'vitest'
import { ROUTES } from '../../src/routes/table.ts'
import { raw } from '../support/raw.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService({ RATE_LIMIT: '' })
const user = await service.user()
const browser = { Origin: 'https://app.example.org' }
const EXPOSED = [
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-OAuth-Scopes',
  'Retry-After',
  'Link',
  'ETag',
]

const list = (value: string | null | undefined) =>
  (value ?? '').split(',').map((name) => name.trim().toLowerCase())

it('a preflight is answered on every route, with the methods and the headers that the contract names', async () => {
  for (const route of ROUTES) {
    const answer = await service.call('OPTIONS', `/stream/0${route.path.replace(':user_id', '2')}`, {
      headers: {
        ...browser,
        'Access-Control-Request-Method': route.methods[0]!,
        'Access-Control-Request-Headers': 'authorization,content-type,x-adn-pretty-json',
      },
    })
    expect([200, 204]).toContain(answer.status)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(list(answer.headers.get('access-control-allow-methods'))).toEqual(
      expect.arrayContaining(route.methods.map((name) => name.toLowerCase())),
    )
    expect(list(answer.headers.get('access-control-allow-headers'))).toEqual(
      expect.arrayContaining([
        'authorization',
        'content-type',
        'x-adn-pretty-json',
        'x-adn-migration-overrides',
      ]),
    )
  }
})

it('an authenticated call from a browser may read rate-limit and scope headers', async () => {
  const answer = await service.call('GET', '/token', { token: user.token, headers: browser })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(list(answer.headers.get('access-control-expose-headers'))).toEqual(
    expect.arrayContaining(EXPOSED.map((name) => name.toLowerCase())),
  )
  expect(answer.headers.get('x-ratelimit-limit')).toBe('5000')
  expect(answer.headers.has('x-oauth-scopes')).toBe(true)
})

it('errors are readable too: 400, 401, 403, 404, 405, 415 and what the parser refuses', async () => {
  const answers = [
    await service.call('GET', '/users?ids=', { token: user.token, headers: browser }),
    await service.call('GET', '/token', { headers: browser }),
    await service.call('DELETE', '/users/7', { token: user.token, headers: browser }),
    await service.call('GET', '/nothing', { headers: browser }),
    await service.call('DELETE', '/users', { headers: browser }),
    await service.call('PATCH', '/users/me', {
      token: user.token,
      headers: { ...browser, 'Content-Type': 'text/plain' },
      form: { a: 'b' },
    }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([400, 401, 403, 404, 405, 415])
  for (const { headers } of answers) {
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(list(headers.get('access-control-expose-headers'))).toEqual(
      expect.arrayContaining(EXPOSED.map((name) => name.toLowerCase())),
    )
    expect(headers.has('x-ratelimit-remaining')).toBe(true)
  }
  const refused = await raw(service.url, 'nonsense\r\n\r\n')
  expect(refused.headers.get('access-control-allow-origin')).toBe('*')
  expect(refused.headers.get('access-control-expose-headers')).toBe(
    answers[0]!.headers.get('access-control-expose-headers'),
  )
})
