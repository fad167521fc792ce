// The extensions of docs/extensions.md: the shapes, errors and access rules of lists and suggestions that go beyond the original API.
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const app = await service.appToken()

type Told = { id: string; pagination_id?: string }

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const get = (path: string, token?: string) =>
  service.call('GET', `/stream/0/${path}`, token === undefined ? {} : { token })
const NOBODY = '8999999999999999999'

describe('the date of a relationship', () => {
  it('is in every item of every list', async () => {
    const [a, b, c, d] = await service.users(4)
    for (const [x, y] of [
      [a, b],
      [b, a],
      [a, c],
      [d, a],
      [c, d],
      [b, c],
    ])
      await service.follow(x!, y!)
    for (const list of [
      'following',
      'followers',
      'mutuals',
      'followers/unreciprocated',
      'following/unreciprocated',
    ]) {
      const { body } = await get(`users/${a!.id}/${list}`, a!.token)
      expect(body.data.length, list).toBeGreaterThan(0)
      for (const user of body.data) expect(user.followed_at, list).toMatch(DATE)
    }
    const known = await get(`users/${c!.id}/followers/known`, a!.token)
    expect(known.body.data).toMatchObject([{ id: b!.id, followed_at: expect.stringMatching(DATE) }])
    await service.call('POST', `/users/${b!.id}/mute`, { token: a!.token })
    await service.call('POST', `/users/${d!.id}/block`, { token: a!.token })
    expect((await get('users/me/muted', a!.token)).body.data[0].muted_at).toMatch(DATE)
    expect((await get('users/me/blocked', a!.token)).body.data[0].blocked_at).toMatch(DATE)
  })
})

describe('the lists that combine two sets', () => {
  const LISTS = ['mutuals', 'followers/unreciprocated', 'following/unreciprocated']

  it('accept tokens of either kind, but only user tokens for known followers', async () => {
    const user = await service.user()
    for (const list of [...LISTS, 'followers/known']) {
      expect((await get(`users/${user.id}/${list}`)).status, list).toBe(401)
      expect((await get(`users/${user.id}/${list}`, user.token)).body, list).toMatchObject({
        data: [],
        meta: { code: 200, more: false },
      })
      expect((await get(`users/${NOBODY}/${list}`, user.token)).status, list).toBe(404)
      expect((await get(`users/@nobody_has_this/${list}`, user.token)).status, list).toBe(404)
    }
    for (const list of LISTS) expect((await get(`users/${user.id}/${list}`, app)).status, list).toBe(200)
    expect((await get(`users/${user.id}/followers/known`, app)).status).toBe(403)
  })

  it('carry meta.total on known followers, whatever the page', async () => {
    const [a, b, c, d] = await service.users(4)
    for (const x of [c, d]) {
      await service.follow(a!, x!)
      await service.follow(x!, b!)
    }
    const path = `users/${b!.id}/followers/known`
    expect((await get(path, a!.token)).body.meta).toMatchObject({ total: 2, more: false })
    expect((await get(`${path}?count=0`, a!.token)).body).toMatchObject({
      data: [],
      meta: { total: 2, more: true },
    })
    expect((await get(`${path}?count=-1`, a!.token)).body).toMatchObject({
      data: [{ id: c!.id }],
      meta: { total: 2, more: true },
    })
    expect((await get(`${path}?before_id=1`, a!.token)).body).toMatchObject({
      data: [],
      meta: { total: 2, more: false },
    })
    expect((await get(path, b!.token)).body.meta).toEqual({ code: 200, more: false, total: 0 })
  })

  it('page mutuals by the follow of the user, known followers by their own', async () => {
    const [a, b, c] = await service.users(3)
    for (const [x, y] of [
      [a, b],
      [b, a],
      [c, a],
      [a, c],
      [b, c],
    ])
      await service.follow(x!, y!)
    const following = (await get(`users/${a!.id}/following`, app)).body
    const mutuals = (await get(`users/${a!.id}/mutuals`, app)).body
    expect(mutuals.data.map((u: Told) => [u.id, u.pagination_id])).toEqual(
      following.data.map((u: Told) => [u.id, u.pagination_id]),
    )
    const own = (await get(`users/${c!.id}/followers`, app)).body.data.find((u: Told) => u.id === b!.id)
    expect((await get(`users/${c!.id}/followers/known`, a!.token)).body.data[0].pagination_id).toBe(
      own.pagination_id,
    )
  })
})

describe('GET users/me/suggestions', () => {
  it('leaves out oneself, those followed, muted or blocked, and those who block', async () => {
    const [a, f, g, good, muted, blocked, blocker, followed] = await service.users(8)
    for (const x of [f, g, followed]) await service.follow(a!, x!)
    for (const x of [good, muted, blocked, blocker, followed, a]) await service.follow(f!, x!)
    await service.follow(g!, good!)
    await service.follow(g!, f!)
    await service.call('POST', `/users/${muted!.id}/mute`, { token: a!.token })
    await service.call('POST', `/users/${blocked!.id}/block`, { token: a!.token })
    await service.call('POST', `/users/${a!.id}/block`, { token: blocker!.token })
    const { status, body } = await get('users/me/suggestions', a!.token)
    expect(status).toBe(200)
    expect(body.meta).toEqual({ code: 200 })
    expect(body.data.map((user: Told) => user.id)).toEqual([good!.id])
    expect(body.data[0]).toMatchObject({
      known_followers: 2,
      you_follow: false,
      you_can_follow: true,
      counts: { followers: 2 },
    })
    expect(body.data[0].pagination_id).toBeUndefined()
  })

  it('is for a user token, on this path only', async () => {
    const user = await service.user()
    expect((await get('users/me/suggestions', user.token)).body.data).toEqual([])
    expect((await get('users/me/suggestions')).status).toBe(401)
    expect((await get('users/me/suggestions', app)).status).toBe(403)
    expect((await get(`users/${user.id}/suggestions`, user.token)).status).toBe(404)
    for (const count of ['0', '201', '-1', 'x']) {
      expect((await get(`users/me/suggestions?count=${count}`, user.token)).status, count).toBe(400)
    }
    const other = await service.call('POST', '/stream/0/users/me/suggestions', { token: user.token })
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET'])
  })
})

describe('DELETE users/me/followers/{user_id}', () => {
  it('ends the follow of the caller, without a block, as often as asked', async () => {
    const [a, b] = await service.users(2)
    await service.follow(b!, a!)
    await service.follow(a!, b!)
    for (const name of [b!.id, `@${b!.username}`]) {
      const answer = await service.call('DELETE', `/stream/0/users/me/followers/${name}`, { token: a!.token })
      expect(answer.status).toBe(200)
      expect(answer.body.data).toMatchObject({
        id: b!.id,
        follows_you: false,
        you_follow: true,
        you_blocked: false,
        counts: { following: 0 },
      })
    }
    expect((await get('users/me/followers', a!.token)).body.data).toEqual([])
    expect((await service.call('POST', `/users/${a!.id}/follow`, { token: b!.token })).status).toBe(200)
  })

  it('has its errors, and exists for "me" only', async () => {
    const [a, b] = await service.users(2)
    const del = (path: string, token?: string) =>
      service.call('DELETE', `/stream/0/${path}`, token === undefined ? {} : { token })
    expect((await del(`users/me/followers/${b!.id}`)).status).toBe(401)
    expect((await del(`users/me/followers/${b!.id}`, app)).status).toBe(403)
    expect(
      (await del(`users/me/followers/${b!.id}`, await service.tokenFor(a!, ['basic']))).body.meta.error_slug,
    ).toBe('missing-scope')
    expect((await del(`users/me/followers/${NOBODY}`, a!.token)).body.meta.error_slug).toBe('not-found')
    expect((await del('users/me/followers/@nobody_has_this', a!.token)).status).toBe(404)
    expect((await del('users/me/followers/me', a!.token)).status).toBe(200)
    expect((await del(`users/${b!.id}/followers/${a!.id}`, a!.token)).status).toBe(404)
    for (const list of ['ids', 'known', 'unreciprocated']) {
      const answer = await del(`users/me/followers/${list}`, a!.token)
      expect([answer.status, answer.headers.get('allow')], list).toEqual([405, 'GET'])
    }
    const read = await get(`users/me/followers/${b!.id}`, a!.token)
    expect([read.status, read.headers.get('allow')]).toEqual([405, 'DELETE'])
  })
})
