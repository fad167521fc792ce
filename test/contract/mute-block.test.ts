// Muting and blocking, with the access rules of their lists.
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
type Person = Awaited<ReturnType<typeof service.user>>
const call = (method: string, path: string, token?: string) =>
  service.call(method, path, token === undefined ? {} : { token })
const two = async () => (await service.users(2)) as [Person, Person]

describe.each([
  ['mute', 'you_muted', 'muted'],
  ['block', 'you_blocked', 'blocked'],
])('users/{user_id}/%s', (what, field, list) => {
  it.each(['POST', 'PUT'])(`%s answers the User with ${field}, twice as once`, async (method) => {
    const [a, b] = await two()
    const first = await call(method, `/users/${b.id}/${what}`, a.token)
    expect(first.status).toBe(200)
    expect(first.body.data).toMatchObject({ id: b.id, [field]: true })
    const before = (await call('GET', `/users/me/${list}`, a.token)).body.data
    expect((await call(method, `/users/@${b.username}/${what}`, a.token)).body.data[field]).toBe(true)
    expect((await call('GET', `/users/me/${list}`, a.token)).body.data).toEqual(before)
    expect(before).toHaveLength(1)
    expect((await call('GET', `/users/${a.id}`, b.token)).body.data[field]).toBe(false)
  })

  it('DELETE answers the User without it, even if there was none', async () => {
    const [a, b] = await two()
    expect((await call('DELETE', `/users/${b.id}/${what}`, a.token)).body.data).toMatchObject({
      id: b.id,
      [field]: false,
    })
    await call('POST', `/users/${b.id}/${what}`, a.token)
    expect((await call('DELETE', `/users/${b.id}/${what}`, a.token)).body.data).toMatchObject({
      [field]: false,
      you_can_follow: true,
    })
    expect((await call('GET', `/users/me/${list}`, a.token)).body.data).toEqual([])
  })

  it('answers 400 to oneself, 404 to an unknown user, 401 without a token, 403 to the wrong token', async () => {
    const [a, b] = await two()
    const self = await call('POST', `/users/me/${what}`, a.token)
    expect([self.status, self.body.meta.error_slug]).toEqual([400, 'self-follow'])
    expect(self.body.meta.error_message).toContain(what)
    expect((await call('DELETE', `/users/me/${what}`, a.token)).status).toBe(200)
    for (const method of ['POST', 'DELETE']) {
      expect((await call(method, `/users/9223372036854775807/${what}`, a.token)).status).toBe(404)
      expect((await call(method, `/users/${b.id}/${what}`)).status).toBe(401)
      expect((await call(method, `/users/${b.id}/${what}`, await service.appToken())).status).toBe(403)
      const basic = await call(method, `/users/${b.id}/${what}`, await service.tokenFor(a, ['basic']))
      expect([basic.status, basic.body.meta.error_slug]).toEqual([403, 'missing-scope'])
    }
  })

  it('is shown to its own user and to apps only', async () => {
    const [a, b] = await two()
    await call('POST', `/users/${b.id}/${what}`, a.token)
    expect((await call('GET', `/users/${a.id}/${list}`, a.token)).body.data).toMatchObject([{ id: b.id }])
    expect(
      (await call('GET', `/users/@${a.username}/${list}`, await service.appToken())).body.data,
    ).toMatchObject([{ id: b.id }])
    expect((await call('GET', `/users/${a.id}/${list}`, b.token)).status).toBe(403)
    expect((await call('GET', `/users/${a.id}/${list}`)).status).toBe(401)
    // The scope follow is for writing.
    expect((await call('GET', `/users/me/${list}`, await service.tokenFor(a, ['basic']))).status).toBe(200)
  })
})

describe('a block', () => {
  it('ends following both ways, at once and for good', async () => {
    const [a, b] = await two()
    await service.follow(a, b)
    await service.follow(b, a)
    const answer = await call('POST', `/users/${b.id}/block`, a.token)
    expect(answer.body.data).toMatchObject({
      you_blocked: true,
      you_follow: false,
      follows_you: false,
      you_can_follow: false,
      you_can_subscribe: false,
      counts: { following: 0, followers: 0 },
    })
    expect((await call('GET', `/users/${a.id}`, b.token)).body.data).toMatchObject({
      you_blocked: false,
      you_follow: false,
      you_can_follow: false,
      you_can_subscribe: false,
    })
    await call('DELETE', `/users/${b.id}/block`, a.token)
    const after = (await call('GET', `/users/${b.id}`, a.token)).body.data
    expect(after).toMatchObject({
      you_blocked: false,
      you_follow: false,
      follows_you: false,
      you_can_follow: true,
      you_can_subscribe: true,
    })
  })

  it('may stand both ways and with a mute', async () => {
    const [a, b] = await two()
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      expect((await call('POST', `/users/${to.id}/block`, from.token)).status).toBe(200)
    expect((await call('POST', `/users/${b.id}/mute`, a.token)).body.data).toMatchObject({
      you_muted: true,
      you_blocked: true,
    })
    await call('DELETE', `/users/${b.id}/block`, a.token)
    expect((await call('POST', `/users/${b.id}/follow`, a.token)).body.meta.error_slug).toBe('blocked')
  })
})

it('a mute leaves following as it is', async () => {
  const [a, b] = await two()
  await service.follow(a, b)
  expect((await call('POST', `/users/${b.id}/mute`, a.token)).body.data).toMatchObject({
    you_muted: true,
    you_follow: true,
    you_can_follow: true,
    you_can_subscribe: true,
    counts: { followers: 1 },
  })
})
