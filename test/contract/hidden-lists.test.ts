// `hides_lists`: who may read the lists of a user who hides them, at each instance, from memory and without it.
import { describe, expect, it, vi } from 'vitest'
import { type Answered, startTestService, type TestService } from '../support/service.ts'

// A new database plans each statement first.
vi.setConfig({ testTimeout: 60_000 })
const service = await startTestService()
const other = await startTestService()
const plain = await startTestService({ MEMORY: '0' })
const INSTANCES: [name: string, at: TestService][] = [
  ['the instance that wrote', service],
  ['another instance', other],
  ['an instance without memory', plain],
]
const HIDDEN = [
  'following',
  'followers',
  'following/ids',
  'followers/ids',
  'following/ids?count=5',
  'followers/ids?count=5',
  'mutuals',
  'followers/unreciprocated',
  'following/unreciprocated',
  'followers?q=t',
  'followers/ids?q=t',
  'mutuals?q=t',
  'following?sort=oldest',
  'following?sort=username',
  'followers?q=t&sort=followers',
]
const WHOLE = { name: 'Bo', locale: 'en', timezone: 'UTC', description: { text: '' } }
const hide = async (token: string, hides_lists: boolean) => {
  const answer = await service.call('PATCH', '/users/me', { token, json: { hides_lists } })
  expect(answer.status, answer.text).toBe(200)
  return answer.body.data
}
const verdict = ({ status, body }: Answered) => [status, body.meta.error_slug].filter(Boolean).join(' ')

async function scene() {
  const [owner, fan, stranger] = (await service.users(3)) as [Member, Member, Member]
  await service.follow(fan, owner)
  await service.follow(owner, fan)
  await service.follow(stranger, owner)
  await service.follow(stranger, fan)
  return { owner, fan, stranger }
}
type Member = Awaited<ReturnType<TestService['user']>>

describe('lists of a user who hides them', () => {
  it('are shown to the user and to apps with provision, and to nobody else', async () => {
    const { owner, fan } = await scene()
    await hide(owner.token, true)
    const callers: [token: string, answer: string][] = [
      [owner.token, '200'],
      [await service.appToken(), '200'],
      [await service.appToken(['basic', 'events']), '403 list-hidden'],
      [fan.token, '403 list-hidden'],
      [await service.tokenFor(fan), '403 list-hidden'],
    ]
    for (const list of HIDDEN)
      for (const [token, answer] of callers)
        for (const user of [owner.id, `@${owner.username}`])
          expect(verdict(await service.call('GET', `/users/${user}/${list}`, { token })), list).toBe(answer)
    for (const list of HIDDEN) {
      const own = await service.call('GET', `/users/me/${list}`, { token: owner.token })
      expect(own.status).toBe(200)
      const head = await service.call('HEAD', `/users/${owner.id}/${list}`, { token: fan.token })
      expect([head.status, head.text]).toEqual([403, ''])
      expect((await service.call('GET', `/users/${fan.id}/${list}`, { token: owner.token })).status).toBe(200)
    }
    const ids = await service.call('GET', `/users/${owner.id}/followers/ids`, { token: owner.token })
    expect(ids.body.data).toHaveLength(2)
  })

  it('leave counts, relationships, the known followers and the lists of others as they are', async () => {
    const { owner, fan, stranger } = await scene()
    await hide(owner.token, true)
    const token = stranger.token
    const user = await service.call('GET', `/users/${owner.id}`, { token })
    expect(user.body.data).toMatchObject({ hides_lists: true, counts: { following: 1, followers: 2 } })
    const between = await service.call('GET', `/relationships?source=${owner.id}&targets=${fan.id}`, {
      token,
    })
    expect(between.body.data).toMatchObject([{ following: true, followed_by: true }])
    const known = await service.call('GET', `/users/${owner.id}/followers/known`, { token })
    expect([known.body.meta.total, known.body.data[0].id]).toEqual([1, fan.id])
    const followers = await service.call('GET', `/users/${fan.id}/followers`, { token })
    expect(followers.body.data.map(({ id }: { id: string }) => id)).toContain(owner.id)
  })

  it('are not handed out as suggestions', async () => {
    const { owner, fan, stranger } = await scene()
    const [caller, target] = (await service.users(2)) as [Member, Member]
    await service.follow(owner, target)
    await service.follow(stranger, target)
    await service.follow(caller, owner)
    const suggested = async () => {
      const { body } = await service.call('GET', '/users/me/suggestions', { token: caller.token })
      return body.data.map((user: Member & { known_followers: number }) => [user.id, user.known_followers])
    }
    expect(await suggested()).toEqual([
      [fan.id, 1],
      [target.id, 1],
    ])
    await hide(owner.token, true)
    expect(await suggested()).toEqual([])
    // Whom others follow as well is suggested, and the hidden follow is not counted.
    await service.follow(caller, stranger)
    expect(await suggested()).toEqual([
      [fan.id, 1],
      [target.id, 1],
    ])
  })

  it('a wrong parameter and an unknown user are answered as for any list', async () => {
    const { owner, fan } = await scene()
    await hide(owner.token, true)
    const { token } = fan
    expect((await service.call('GET', `/users/${owner.id}/followers?count=x`, { token })).status).toBe(400)
    await service.call('DELETE', `/users/${owner.id}`, { token: await service.appToken() })
    for (const list of HIDDEN)
      expect((await service.call('GET', `/users/${owner.id}/${list}`, { token })).status).toBe(404)
  })

  it.each(INSTANCES)('are hidden and shown again from the next request on at %s', async (_, at) => {
    const { owner, fan } = await scene()
    const read = async () =>
      Promise.all(
        HIDDEN.map(async (list) =>
          verdict(await at.call('GET', `/users/${owner.id}/${list}`, { token: fan.token })),
        ),
      )
    // Often enough that lists and the caller's own relations are kept in memory.
    for (let times = 0; times < 4; times += 1) expect(new Set(await read())).toEqual(new Set(['200']))
    for (let times = 0; times < 3; times += 1) {
      await hide(owner.token, true)
      expect(new Set(await read())).toEqual(new Set(['403 list-hidden']))
      await read()
      expect((await at.call('GET', '/users/me/followers', { token: owner.token })).status).toBe(200)
      await hide(owner.token, false)
      expect(new Set(await read())).toEqual(new Set(['200']))
      await read()
    }
  })

  it('are hidden also where Cypher wrote the property', async () => {
    const { owner, fan } = await scene()
    const path = `/users/${owner.id}/followers`
    for (let times = 0; times < 4; times += 1)
      expect((await service.call('GET', path, { token: fan.token })).status).toBe(200)
    const { driver, auth } = (await import('neo4j-driver')).default
    const { uri, username, password } = service.neo4j
    const session = driver(uri, auth.basic(username, password))
    await session.executeQuery('MATCH (u:User {id: toInteger($id)}) SET u.hides_lists = true', {
      id: owner.id,
    })
    await session.close()
    expect(verdict(await service.call('GET', path, { token: fan.token }))).toBe('403 list-hidden')
  })
})

describe('the field hides_lists', () => {
  it('is shown only where it is true, and PUT without it resets it', async () => {
    const { token, id } = await service.user()
    const me = (method: string, json: unknown) => service.call(method, '/users/me', { token, json })
    expect((await me('PATCH', {})).body.data).not.toHaveProperty('hides_lists')
    expect((await me('PUT', { ...WHOLE, hides_lists: true })).body.data.hides_lists).toBe(true)
    expect((await me('PATCH', { name: 'B' })).body.data.hides_lists).toBe(true)
    expect((await me('PUT', WHOLE)).body.data).not.toHaveProperty('hides_lists')
    expect((await me('PATCH', { hides_lists: true })).body.data.hides_lists).toBe(true)
    expect((await me('PATCH', { hides_lists: false })).body.data).not.toHaveProperty('hides_lists')
    const app = await service.appToken()
    const account = (method: string, json: unknown) =>
      service.call(method, `/users/${id}`, { token: app, json })
    expect((await account('PATCH', { hides_lists: true })).body.data.hides_lists).toBe(true)
    const username = `h${BigInt(id).toString(36)}`
    expect((await account('PUT', { username })).body.data).not.toHaveProperty('hides_lists')
    expect((await account('PUT', { username, hides_lists: true })).body.data.hides_lists).toBe(true)
    const wrong = await me('PATCH', { hides_lists: 'yes' })
    expect([wrong.status, wrong.body.meta.error_message]).toEqual([
      400,
      expect.stringContaining('hides_lists'),
    ])
  })
})
