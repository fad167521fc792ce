// The ways to name a user in a path: id, @username and me.
import { describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/routes/table.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const ada = await service.user()
const app = await service.appToken()
const named = ROUTES.filter(({ path, only }) => path.includes(':user_id') && only === undefined)

describe('{user_id} is', () => {
  it('an integer id, @username in any case, percent-encoded or not, or me', async () => {
    const upper = ada.username.toUpperCase()
    for (const reference of [
      ada.id,
      `@${ada.username}`,
      `@${upper}`,
      `%40${ada.username}`,
      `%40${upper}`,
      'me',
      '%6De',
    ]) {
      const answer = await service.call('GET', `/users/${reference}`, { token: ada.token })
      expect([answer.status, answer.body.data?.id], reference).toEqual([200, ada.id])
    }
  })

  it('the same on every route that names one', async () => {
    const other = await service.user()
    for (const route of named.filter(({ name }) => !['muted', 'blocked'].includes(name))) {
      const answers = []
      for (const reference of [other.id, `@${other.username.toUpperCase()}`, `%40${other.username}`]) {
        const path = route.path.replace(':user_id', reference)
        const { status, body } = await service.call(route.methods[0]!, path, { token: ada.token })
        answers.push(`${status} ${body.meta.error_slug}`)
      }
      expect([...new Set(answers)], route.name).toHaveLength(1)
      // A 404 for another reason is fine: the user was found, and has requested nothing.
      expect(answers[0], route.name).not.toBe('404 not-found')
    }
  })
})

it('me of an app token is a 403, without a token a 401', async () => {
  for (const path of ['/users/me', '/users/me/following', '/users/me/followers/ids']) {
    expect((await service.call('GET', path, { token: app })).status, path).toBe(403)
    expect((await service.call('GET', path)).status, path).toBe(401)
  }
})

it('no such user is a 404 on every route that names one', async () => {
  for (const route of named) {
    for (const reference of [String(2n ** 63n - 1n), '@nobody_here']) {
      for (const method of route.methods) {
        const answer = await service.call(method, route.path.replace(':user_id', reference), {
          token: route.access.token === 'any' ? app : ada.token,
        })
        expect([answer.status, answer.body.meta.error_slug], `${method} ${route.path} ${reference}`).toEqual([
          404,
          'not-found',
        ])
      }
    }
  }
})

it.each([
  '007',
  '0',
  '-1',
  '+2',
  '1.0',
  '1e3',
  '0x2',
  '9223372036854775808',
  '99999999999999999999',
  'ME',
  'Me',
  'ada',
  '@',
  '@a-b',
  '@@a',
  '@aaaaaaaaaaaaaaaaaaaaa',
  '%E0%A4%A',
  '%',
  '%zz',
  '2%2F3',
  '2%00',
  '%202',
  '２',
  '2;x',
])('nothing else is one: %s is a 404', async (reference) => {
  for (const suffix of ['', '/followers', '/following/ids']) {
    const answer = await service.call('GET', `/users/${reference}${suffix}`, { token: ada.token })
    expect([answer.status, answer.body.meta.error_slug], suffix).toEqual([404, 'not-found'])
  }
  expect((await service.call('POST', `/users/${reference}/follow`, { token: ada.token })).status).toBe(404)
})
