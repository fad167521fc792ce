// Naming and reading users.
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const get = (path: string, token?: string) =>
  service.call('GET', `/stream/0${path}`, token === undefined ? {} : { token })

describe('GET users/{user_id}', () => {
  it('needs no token and takes an id, @username in any case, or me', async () => {
    const user = await service.user()
    for (const name of [
      user.id,
      `@${user.username}`,
      `@${user.username.toUpperCase()}`,
      `%40${user.username}`,
    ]) {
      expect((await get(`/users/${name}`)).body.data.id).toBe(user.id)
    }
    expect((await get('/users/me', user.token)).body.data.id).toBe(user.id)
  })

  it('answers 403 to me of an app token', async () => {
    const answer = await get('/users/me', await service.appToken())
    expect([answer.status, answer.body.meta.code]).toEqual([403, 403])
  })

  it.each([
    '9223372036854775807',
    '9223372036854775808',
    '99999999999999999999999',
    '@nobody_of_this_name',
    '007',
    '00',
    '0',
    '-1',
    '+1',
    '1e3',
    '1.0',
    'ME',
    'Me',
    'bo',
    '@',
    '@a-b',
    '@%C3%A5',
    '%',
    '%zz',
    '%E0%A4%A',
    '%20',
    '1%202',
    `@${'x'.repeat(21)}`,
  ])('answers 404 to %s', async (name) => {
    const answer = await get(`/users/${name}`)
    expect(answer.status).toBe(404)
    expect(answer.body.meta).toMatchObject({ code: 404, error_slug: 'not-found' })
    expect(answer.body.meta.error_id).toMatch(/^[0-9a-f]{32}$/)
    expect(answer.body).not.toHaveProperty('data')
  })

  it('answers 401 to a token that is not valid, though it needs none', async () => {
    const user = await service.user()
    expect((await get(`/users/${user.id}`, 'garbage')).status).toBe(401)
  })

  it('can be called by JSONP', async () => {
    const user = await service.user()
    const answer = await get(`/users/${user.id}?callback=app.show`)
    expect(answer.status).toBe(200)
    expect(answer.text).toMatch(/^(\/\*\*\/)?\s*app\.show\(\{.*\}\);?$/s)
  })
})

describe('GET users?ids=', () => {
  it('answers in the order asked, unknown ones left out', async () => {
    const [a, b, c] = await service.users(3)
    const answer = await get(
      `/users?ids=${c!.id},9223372036854775807,${a!.id},@${b!.username.toUpperCase()},@nobody_of_this_name,007`,
      a!.token,
    )
    expect(answer.status).toBe(200)
    expect(answer.body.data.map(({ id }: { id: string }) => id)).toEqual([c!.id, a!.id, b!.id])
  })

  it('takes repeated ids, encoded commas and me', async () => {
    const [a, b, c] = await service.users(3)
    const answer = await get(`/users?ids=${c!.id}&ids=me&ids=${b!.id}%2C%40${c!.username}`, a!.token)
    expect(answer.body.data.map(({ id }: { id: string }) => id)).toEqual([c!.id, a!.id, b!.id, c!.id])
  })

  it('answers an empty list where all are unknown', async () => {
    const { token } = await service.user()
    expect((await get('/users?ids=9223372036854775807', token)).body).toEqual({
      data: [],
      meta: { code: 200 },
    })
  })

  it.each(['', '?ids=', '?ids=1,', '?ids=,1', '?ids=1,,2', '?ids=%20', '?ids=1&ids='])(
    'refuses users%s with 400',
    async (query) => {
      const answer = await get(`/users${query}`, await service.appToken())
      expect(answer.status).toBe(400)
      expect(answer.body.meta.error_message).toMatch(/^Bad Request: .*ids/)
    },
  )

  it('takes 200 and refuses 201', async () => {
    const user = await service.user()
    const ids = Array.from({ length: 199 }, (_, n) => 10 + n)
    const full = await get(`/users?ids=${[user.id, ...ids].join(',')}`, user.token)
    expect(full.status).toBe(200)
    expect(full.body.data[0].id).toBe(user.id)
    expect((await get(`/users?ids=${[user.id, 5, ...ids].join(',')}`, user.token)).status).toBe(400)
    expect((await get(`/users?ids=${[user.id, 5, ...ids].join('&ids=')}`, user.token)).status).toBe(400)
  })

  it('answers 200 full users in the order asked', async () => {
    const { token } = await service.user()
    const made = await Promise.all(Array.from({ length: 200 }, () => service.createUser()))
    const ids = made.map(({ id }) => id).sort(() => Math.random() - 0.5)
    const answer = await get(`/users?ids=${ids.join(',')}`, token)
    expect(answer.body.data.map(({ id }: { id: string }) => id)).toEqual(ids)
  })

  it('needs any token', async () => {
    expect((await get('/users?ids=1')).status).toBe(401)
    const user = await service.user()
    expect((await get(`/users?ids=${user.id}`, await service.appToken())).body.data[0].id).toBe(user.id)
    expect((await get('/users?ids=me', await service.appToken())).status).toBe(403)
  })
})
