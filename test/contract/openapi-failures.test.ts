// Validates the main failures of each route against the OpenAPI description with ajv.
import { describe, expect, it } from 'vitest'
import type { Route } from '../../src/routes/route.ts'
import { ROUTES } from '../../src/routes/table.ts'
import { startTestService } from '../support/service.ts'
import { faults } from './described.ts'

const service = await startTestService()
const [ann, bo, cy, blocker, bot] = await Promise.all([
  service.user(),
  service.user(),
  service.user(),
  service.user(),
  service.user({ type: 'bot' }),
])
await service.follow(bo, ann)
await service.call('POST', `/users/${ann.id}/block`, { token: blocker.token })
const app = await service.appToken(['basic', 'provision', 'events'])
const NOBODY = String(2n ** 63n - 2n)

const pathOf = (route: Route, user: string) => `/stream/0${route.path.replace(/:\w+/, user)}`
const calls = ROUTES.flatMap((route) =>
  route.methods.map((method) => ({ method, route, title: `${method} ${route.path}` })),
)

describe('answers failures as they are described', () => {
  const guarded = calls.filter(({ route }) => route.access.token !== 'none')

  it.each(guarded)('$title: 401 without a token and with a wrong one', async ({ method, route }) => {
    for (const sent of [{}, { token: 'nonsense' }]) {
      const answer = await service.call(method, pathOf(route, bo.id), sent)
      expect(answer.status, answer.text).toBe(401)
      expect(faults(method, route.path, answer)).toBeNull()
    }
  })

  it.each(guarded.filter(({ route }) => route.access.token !== 'any'))(
    '$title: 403 with the wrong kind of token',
    async ({ method, route }) => {
      const answer = await service.call(method, pathOf(route, bo.id), {
        token: route.access.token === 'app' ? ann.token : app,
      })
      expect(answer.status, answer.text).toBe(403)
      expect(faults(method, route.path, answer)).toBeNull()
    },
  )

  it.each(guarded.filter(({ route }) => route.access.token === 'user' && route.access.scope !== undefined))(
    '$title: 403 without the scope',
    async ({ method, route }) => {
      const token = await service.tokenFor(ann, ['basic'])
      const answer = await service.call(method, pathOf(route, bo.id), { token })
      expect(answer.body?.meta?.error_slug).toBe('missing-scope')
      expect(faults(method, route.path, answer)).toBeNull()
    },
  )

  it.each(calls.filter(({ route }) => route.path.includes(':')))(
    '$title: 404 for nobody',
    async ({ method, route }) => {
      if (route.name === 'put-user')
        return expect((await service.call(method, '/users/nobody', { token: app, json: {} })).status).toBe(
          404,
        )
      const answer = await service.call(method, pathOf(route, NOBODY), {
        ...(['change-webhook', 'patch-user', 'move'].includes(route.name)
          ? { json: { types: ['user'], to: bo.id } }
          : {}),
        token: route.access.token === 'app' || ['muted', 'blocked'].includes(route.name) ? app : ann.token,
      })
      expect(answer.status, answer.text).toBe(404)
      expect(faults(method, route.path, answer)).toBeNull()
    },
  )

  it.each(
    calls.filter(
      ({ method, route }) =>
        method === 'GET' && ['User', 'Users', 'Page', 'Suggestions'].includes(route.answers),
    ),
  )('$title: 400 for a parameter', async ({ method, route }) => {
    const answer = await service.call(method, `${pathOf(route, 'me')}?ids=1&include_html=2`, {
      token: ann.token,
    })
    expect(answer.status, answer.text).toBe(400)
    expect(faults(method, route.path, answer)).toBeNull()
  })

  it.each(calls.filter(({ route }) => route.body !== undefined || route.accepts !== undefined))(
    '$title: 415 for text',
    async ({ method, route }) => {
      const response = await fetch(`${service.url}${pathOf(route, bo.id)}`, {
        method,
        headers: { 'Content-Type': 'text/plain' },
        body: 'x',
      })
      const answer = { status: response.status, body: await response.json() }
      expect(answer.status).toBe(415)
      expect(faults(method, route.path, answer)).toBeNull()
    },
  )

  it.each(calls.filter(({ route }) => ['follow', 'mute', 'block'].includes(route.name)))(
    '$title: 400 for oneself',
    async ({ method, route }) => {
      const answer = await service.call(method, pathOf(route, 'me'), { token: ann.token })
      expect(answer.body.meta.error_slug).toBe('self-follow')
      expect(faults(method, route.path, answer)).toBeNull()
    },
  )

  it.each(['POST', 'PUT'])('%s follow: 403 blocked, 403 bot rule, 507 full', async (method) => {
    const small = await startTestService({ MAX_FOLLOWING: '1' })
    const path = '/users/:user_id/follow'
    const refusals = [
      [await service.call(method, `/users/${blocker.id}/follow`, { token: ann.token }), 'blocked'],
      [await service.call(method, `/users/${cy.id}/follow`, { token: bot.token }), 'bot-rule'],
      [await small.call(method, `/users/${cy.id}/follow`, { token: bo.token }), 'follow-limit'],
    ] as const
    for (const [answer, slug] of refusals) {
      expect(answer.body.meta.error_slug).toBe(slug)
      expect(faults(method, path, answer)).toBeNull()
    }
  })

  it.each([
    [400, { form: {} }],
    [400, { form: { grant_type: 'password', client_id: 'x', client_secret: 'y' } }],
    [401, { form: { grant_type: 'client_credentials', client_id: 'x', client_secret: 'y' } }],
  ])('POST /oauth/access_token: %i, bare', async (status, sent) => {
    const answer = await service.call('POST', '/oauth/access_token', sent)
    expect(answer.status).toBe(status)
    expect(answer.body).not.toHaveProperty('meta')
    expect(faults('POST', '/oauth/access_token', answer)).toBeNull()
  })

  it('429 with retry_in', async () => {
    const strict = await startTestService({ RATE_LIMIT: 'anonymous=1/60' })
    await strict.call('GET', `/users/${bo.id}`)
    const answer = await strict.call('GET', `/users/${bo.id}`)
    expect(answer.status).toBe(429)
    expect(faults('GET', '/users/:user_id', answer)).toBeNull()
  })
})
