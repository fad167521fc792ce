// POST follows: many follows and unfollows in one transaction.
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
type Told = { user: { id: string; you_follow: boolean }; error_slug?: string }

const NOBODY = '8999999999999999999'

const post = (json: unknown, token?: string) =>
  service.call('POST', '/stream/0/follows', { json, ...(token === undefined ? {} : { token }) })
const following = async (token: string) =>
  (await service.call('GET', '/users/me/following/ids', { token })).body.data

describe('POST follows', () => {
  it('makes the follows, then the unfollows, with one entry each in the order given', async () => {
    const [a, b, c, d] = await service.users(4)
    await service.follow(a!, d!)
    const answer = await post(
      { unfollow: [d!.id, 'me', b!.id], follow: [c!.id, `@${b!.username}`, c!.id] },
      a!.token,
    )
    expect(answer.status).toBe(200)
    expect(answer.body.data.map(({ user }: Told) => [user.id, user.you_follow])).toEqual([
      [c!.id, true],
      [b!.id, true],
      [c!.id, true],
      [d!.id, false],
      [a!.id, undefined],
      [b!.id, false],
    ])
    expect(answer.body.meta).toEqual({ code: 200 })
    expect(await following(a!.token)).toEqual([c!.id])
  })

  it('reports refused entries as the single routes do, and makes the rest', async () => {
    const [a, b, blocker] = await service.users(3)
    await service.call('POST', `/users/${a!.id}/block`, { token: blocker!.token })
    const wrong = ['me', a!.id, blocker!.id, NOBODY, '@nobody_has_this', '', '007']
    const { body } = await post({ follow: [...wrong, b!.id], unfollow: [NOBODY] }, a!.token)
    const single = async (method: string, name: string) => {
      const { meta } = (await service.call(method, `/stream/0/users/${name}/follow`, { token: a!.token }))
        .body
      return { target: name, code: meta.code, error_slug: meta.error_slug, error_message: meta.error_message }
    }
    for (const [place, target] of wrong.entries()) {
      const told = body.data[place]
      if (target !== '') expect(told).toEqual(await single('POST', target))
      expect(told.target).toBe(target)
    }
    expect(body.data.slice(0, 8).map((entry: Told) => entry.error_slug)).toEqual([
      'self-follow',
      'self-follow',
      'blocked',
      'not-found',
      'not-found',
      'not-found',
      'not-found',
      undefined,
    ])
    expect(body.data[7].user).toMatchObject({ id: b!.id, you_follow: true, counts: { followers: 1 } })
    expect(body.data[8]).toEqual(await single('DELETE', NOBODY))
    expect(await following(a!.token)).toEqual([b!.id])
  })

  it("applies the rule for bots and the plan's limit, counting within the request", async () => {
    const bot = await service.user({ type: 'bot' })
    const [fan, other] = await service.users(2)
    await service.follow(fan!, bot)
    const answer = await post({ follow: [other!.id, fan!.id] }, bot.token)
    expect(answer.body.data).toMatchObject([{ code: 403, error_slug: 'bot-rule' }, { user: { id: fan!.id } }])
    const limited = await startTestService({ MAX_FOLLOWING: '2' })
    const [a, b, c, d] = await service.users(4)
    const { body } = await limited.call('POST', '/follows', {
      token: a!.token,
      json: { follow: [b!.id, c!.id, d!.id, b!.id] },
    })
    expect(body.data).toMatchObject([
      { user: {} },
      { user: {} },
      { target: d!.id, code: 507, error_slug: 'follow-limit' },
      { user: {} },
    ])
    expect(await following(a!.token)).toEqual([c!.id, b!.id])
  })

  it('takes 200 entries, none, and keys that it does not know', async () => {
    const a = await service.user()
    const others: string[] = []
    while (others.length < 200) others.push(...(await service.users(20)).map(({ id }) => id))
    const answer = await post({ follow: others }, a.token)
    expect(answer.body.data.map(({ user }: Told) => user?.id)).toEqual(others)
    expect(await following(a.token)).toEqual([...others].reverse())
    for (const json of [{}, { follow: [] }, { follow: [], unfollow: [], more: 1 }]) {
      expect((await post(json, a.token)).body).toEqual({ data: [], meta: { code: 200 } })
    }
    const again = await post(
      { follow: others.slice(0, 100), unfollow: others.slice(100), other: [1] },
      a.token,
    )
    expect(again.body.data).toHaveLength(200)
    expect(await following(a.token)).toEqual(others.slice(0, 100).reverse())
  })

  it('refuses what is malformed and does nothing', async () => {
    const [a, b] = await service.users(2)
    const many = (count: number) => Array.from({ length: count }, () => b!.id)
    const wrong = [
      [],
      'x',
      null,
      7,
      { follow: b!.id },
      { follow: [b!.id, 2] },
      { follow: [b!.id], unfollow: [null] },
      { follow: null },
      { follow: [b!.id], unfollow: {} },
      { follow: many(201) },
      { follow: many(101), unfollow: many(100) },
    ]
    for (const json of wrong) {
      const answer = await post(json, a!.token)
      expect(answer.status, JSON.stringify(json).slice(0, 60)).toBe(400)
      expect(answer.body.meta.error_message).toMatch(/^Bad Request: /)
    }
    const send = (body: string | null, type: string) =>
      fetch(`${service.url}/follows`, {
        method: 'POST',
        body,
        headers: { Authorization: `Bearer ${a!.token}`, 'Content-Type': type },
      })
    expect((await send('{"follow":', 'application/json')).status).toBe(400)
    expect((await send(null, 'application/json')).status).toBe(400)
    expect((await send(`follow=${b!.id}`, 'application/x-www-form-urlencoded')).status).toBe(415)
    expect(await following(a!.token)).toEqual([])
  })

  it('needs a user token with the scope follow, which may be in the body', async () => {
    const [a, b] = await service.users(2)
    expect((await post({ follow: [b!.id] })).status).toBe(401)
    expect((await post({ follow: [b!.id] }, await service.appToken())).status).toBe(403)
    expect(
      (await post({ follow: [b!.id] }, await service.tokenFor(a!, ['basic']))).body.meta.error_slug,
    ).toBe('missing-scope')
    expect((await post({ follow: [b!.id], access_token: a!.token })).status).toBe(200)
    const read = await service.call('GET', '/stream/0/follows', { token: a!.token })
    expect([read.status, read.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('counts every entry as a write', async () => {
    const limited = await startTestService({ RATE_LIMIT: 'write=5/60' })
    const [a, b] = await service.users(2)
    const send = (json: unknown) => limited.call('POST', '/follows', { token: a!.token, json })
    const first = await send({ follow: [b!.id], unfollow: [b!.id, b!.id] })
    expect(['limit', 'remaining'].map((name) => first.headers.get(`x-ratelimit-${name}`))).toEqual(['5', '2'])
    expect(first.status).toBe(200)
    expect((await send({ follow: [1] })).status).toBe(400)
    expect((await send({ follow: [b!.id, b!.id] })).status).toBe(200)
    expect((await send({ follow: [] })).status).toBe(429)
  })

  it('counts them before others get through beside it', async () => {
    const limited = await startTestService({ RATE_LIMIT: 'write=20/60' })
    const [a, b] = await service.users(2)
    const json = { follow: new Array(20).fill(b!.id) }
    const statuses = await Promise.all(
      Array.from(
        { length: 20 },
        async () => (await limited.call('POST', '/follows', { token: a!.token, json })).status,
      ),
    )
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
  })
})
