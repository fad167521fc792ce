// The platform's account system creates, replaces and deletes users.
// Long, because one topic of the API is one file.
import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const app = await service.appToken(['basic', 'provision'])
const fresh = () => String(2n ** 62n + BigInt(randomInt(2 ** 40)) * 1_000n)
const name = (id: string, sign = 'P') => `${sign}${BigInt(id).toString(36)}`.slice(0, 20)
const put = (id: string, json: unknown, token = app) =>
  service.call('PUT', `/stream/0/users/${id}?include_annotations=1`, { token, json })
const get = (path: string, token?: string) => service.call('GET', path, token === undefined ? {} : { token })

describe('PUT users/{id}', () => {
  it('creates a user with defaults, its id digit for digit', async () => {
    const id = fresh()
    const answer = await put(id, { username: name(id) })
    expect(answer.status).toBe(200)
    expect(answer.body.data).toMatchObject({
      id,
      username: name(id),
      name: name(id),
      type: 'human',
      timezone: 'UTC',
      counts: { followers: 0 },
    })
    expect(answer.body.data).not.toHaveProperty('you_follow')
    expect((await get(`/users/@${name(id).toLowerCase()}`)).body.data.id).toBe(id)
  })

  it('replaces every field; relationships and created_at stay', async () => {
    const id = fresh()
    const image = { url: 'https://i.example/x.png', width: 10, height: 20 }
    const full = {
      username: name(id),
      name: 'Full',
      type: 'bot',
      description: { text: 'Hi' },
      timezone: 'Asia/Tokyo',
      locale: 'ja',
      created_at: '2013-01-02T03:04:05Z',
      verified_domain: 'full.example',
      avatar_image: image,
      cover_image: image,
      annotations: [{ type: 'a' }],
    }
    const first = await put(id, full)
    expect(first.body.data).toMatchObject({
      ...full,
      description: { text: 'Hi' },
      avatar_image: { ...image, is_default: false },
    })
    const follower = await service.user()
    await service.follow(follower, id)
    const second = await put(id, { username: name(id, 'Q') })
    expect(second.status).toBe(200)
    expect(second.body.data).toMatchObject({
      username: name(id, 'Q'),
      name: name(id, 'Q'),
      type: 'human',
      timezone: 'UTC',
      created_at: '2013-01-02T03:04:05Z',
      annotations: [],
      avatar_image: { is_default: true },
      counts: { followers: 1 },
    })
    expect(second.body.data).not.toHaveProperty('description')
    expect(second.body.data).not.toHaveProperty('verified_domain')
    expect((await get(`/users/@${name(id)}`)).status).toBe(404)
    expect(
      (await put(id, { username: name(id), created_at: '2020-01-01T00:00:00Z' })).body.data.created_at,
    ).toBe('2013-01-02T03:04:05Z')
  })

  it('refuses a name taken by another with 400, in whatever case, and writes nothing', async () => {
    const [a, b] = [fresh(), fresh()]
    await put(a, { username: name(a) })
    for (const id of [b, a]) {
      const answer = await put(id, { username: name(a).toLowerCase() })
      expect(answer.status).toBe(id === a ? 200 : 400)
      if (id === b) expect(answer.body.meta.error_slug).toBe('username-taken')
    }
    expect((await get(`/users/${b}`)).status).toBe(404)
    await put(b, { username: name(b) })
    expect((await put(b, { username: name(a) })).status).toBe(400)
    expect((await get(`/users/${b}`)).body.data.username).toBe(name(b))
  })

  it.each([
    [{}, 'username'],
    [{ username: '' }, 'username'],
    [{ username: 'a-b' }, 'username'],
    [{ username: 'å' }, 'username'],
    [{ username: 'x'.repeat(21) }, 'username'],
    [{ username: 'okay_1', type: 'alien' }, 'type'],
    [{ username: 'okay_1', name: 'x'.repeat(51) }, 'name'],
    [{ username: 'okay_1', created_at: 'yesterday' }, 'created_at'],
    [{ username: 'okay_1', created_at: '2013-13-45T00:00:00Z' }, 'created_at'],
    [{ username: 'okay_1', avatar_image: { url: 'javascript:x', width: 1, height: 1 } }, 'avatar_image'],
    [{ username: 'okay_1', verified_domain: '<x>' }, 'verified_domain'],
  ])('refuses %j with 400 and names the field', async (json, field) => {
    const answer = await put(fresh(), json)
    expect(answer.status).toBe(400)
    expect(answer.body.meta.error_message).toMatch(/^Bad Request: /)
    expect(answer.body.meta.error_message).toContain(field)
  })

  it('sent twice at the same time creates one user', async () => {
    const id = fresh()
    const answers = await Promise.all(Array.from({ length: 8 }, () => put(id, { username: name(id) })))
    for (const answer of answers) expect([answer.status, answer.body.data?.id]).toEqual([200, id])
    const [x, y] = [fresh(), fresh()]
    const both = await Promise.all([put(x, { username: name(x) }), put(y, { username: name(x) })])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400])
  })

  it('answers 404 to invalid ids', async () => {
    for (const id of ['0', '007', '9223372036854775808', '99999999999999999999'])
      expect([id, (await put(id, { username: 'okay_1' })).status]).toEqual([id, 404])
  })
})

describe('PATCH users/{id}', () => {
  const patch = (id: string, json: unknown, token = app) =>
    service.call('PATCH', `/stream/0/users/${id}?include_annotations=1`, { token, json })
  const reader = service.appToken(['basic', 'events'])
  const head = async () => (await service.call('GET', '/events', { token: await reader })).body.meta.max_id
  const eventsOf = async (id: string, since: string) => {
    const query = `since_id=${since}&count=200&types=user`
    const { body } = await service.call('GET', `/events?${query}`, { token: await reader })
    return (body.data as { data: { id: string } }[]).filter(({ data }) => data.id === id)
  }

  it('changes the given fields, and leaves the others', async () => {
    const id = fresh()
    await put(id, {
      username: name(id),
      name: 'Full',
      description: { text: 'Hi' },
      verified_domain: 'a.example',
    })
    const before = (await put(id, { username: name(id), name: 'Full', description: { text: 'Hi' } })).body
      .data
    const answer = await patch(id, { name: 'New', type: 'bot', created_at: '2001-01-01T00:00:00Z', id: '7' })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.body.data).toEqual({ ...before, name: 'New', type: 'bot' })
    const renamed = await patch(id, { username: name(id, 'R') })
    expect(renamed.body.data).toEqual({ ...before, name: 'New', type: 'bot', username: name(id, 'R') })
    expect((await get(`/users/@${name(id, 'r')}`)).body.data.id).toBe(id)
    expect((await get(`/users/@${name(id)}`)).status).toBe(404)
    expect((await patch(id, { description: { text: '' } })).body.data).not.toHaveProperty('description')
  })

  it('makes one event, or none if nothing changes', async () => {
    const user = await service.user({ name: 'Same' })
    const since = await head()
    await patch(user.id, { name: 'Same', username: user.username })
    await patch(user.id, {})
    expect(await eventsOf(user.id, since)).toHaveLength(0)
    await patch(user.id, { name: 'Other' })
    expect(await eventsOf(user.id, since)).toEqual([
      expect.objectContaining({ data: expect.objectContaining({ name: 'Other' }) }),
    ])
  })

  it('refuses what PUT refuses, and writes nothing', async () => {
    const [user, other] = await service.users(2)
    const taken = await patch(user!.id, { username: other!.username.toUpperCase(), name: 'No' })
    expect([taken.status, taken.body.meta.error_slug]).toEqual([400, 'username-taken'])
    for (const [json, field] of [
      [{ username: 'a-b' }, 'username'],
      [{ name: '' }, 'name'],
      [{ type: 'alien' }, 'type'],
      [{ timezone: 'Mars' }, 'timezone'],
      [{ avatar_image: { url: 'http://a:99999/x', width: 1, height: 1 } }, 'avatar_image'],
      [{ created_at: '2013-13-45T00:00:00Z' }, 'created_at'],
      [[], 'body'],
    ] as const) {
      const answer = await patch(user!.id, json)
      expect([answer.status, field]).toEqual([400, field])
      expect(answer.body.meta.error_message).toContain(field)
    }
    expect((await get(`/users/${user!.id}`)).body.data).toMatchObject({
      username: user!.username,
      type: 'human',
    })
  })

  it('creates no user: 404', async () => {
    const id = fresh()
    expect((await patch(id, { username: name(id), name: 'X' })).status).toBe(404)
    expect((await get(`/users/${id}`)).status).toBe(404)
    expect((await patch('me', { name: 'X' })).status).toBe(403)
  })

  it('sent many times at once loses no change', async () => {
    const user = await service.user()
    await Promise.all([
      patch(user.id, { name: 'N' }),
      patch(user.id, { type: 'feed' }),
      patch(user.id, { locale: 'sv' }),
      patch(user.id, { timezone: 'Asia/Tokyo' }),
    ])
    expect((await get(`/users/${user.id}`)).body.data).toMatchObject({
      name: 'N',
      type: 'feed',
      locale: 'sv',
      timezone: 'Asia/Tokyo',
    })
  })
})

describe('DELETE users/{id}', () => {
  it('removes the user, every relationship and the tokens', async () => {
    const [gone, a, b] = await service.users(3)
    await service.follow(gone!, a!)
    await service.follow(b!, gone!)
    await service.call('POST', `/users/${gone!.id}/mute`, { token: a!.token })
    await service.call('POST', `/users/${b!.id}/mute`, { token: gone!.token })
    const other = await service.user()
    await service.call('POST', `/users/${gone!.id}/block`, { token: other.token })
    const answer = await service.call('DELETE', `/stream/0/users/${gone!.id}`, { token: app })
    expect([answer.status, answer.body.data.id, answer.body.data.username]).toEqual([
      200,
      gone!.id,
      gone!.username,
    ])
    expect((await get(`/users/${gone!.id}`)).status).toBe(404)
    expect((await get(`/users/@${gone!.username}`)).status).toBe(404)
    const token = await get('/token', gone!.token)
    expect([token.status, token.body.meta.error_slug]).toEqual([401, 'invalid-token'])
    expect((await get(`/users/${a!.id}`, gone!.token)).status).toBe(401)
    expect((await get(`/users/${a!.id}`)).body.data.counts.followers).toBe(0)
    expect((await get(`/users/${b!.id}`)).body.data.counts.following).toBe(0)
    expect((await get('/users/me/muted', a!.token)).body.data).toEqual([])
    expect((await get('/users/me/blocked', other.token)).body.data).toEqual([])
    expect((await service.call('DELETE', `/users/${gone!.id}`, { token: app })).status).toBe(404)
    expect((await service.call('POST', `/users/${gone!.id}/follow`, { token: a!.token })).status).toBe(404)
  })

  it('frees the username and the id; a new user with them has none of the old relations', async () => {
    const [old, a] = await service.users(2)
    await service.follow(a!, old!)
    await service.call('DELETE', `/users/${old!.id}`, { token: app })
    const again = await put(old!.id, { username: old!.username })
    expect(again.body.data).toMatchObject({ id: old!.id, counts: { followers: 0, following: 0 } })
    expect((await get('/users/me/following', a!.token)).body.data).toEqual([])
    expect((await get('/token', old!.token)).status).toBe(401)
  })

  it('answers 404 where there is no such user', async () => {
    expect((await service.call('DELETE', `/users/${fresh()}`, { token: app })).status).toBe(404)
  })
})

describe('all', () => {
  it.each(['PUT', 'PATCH', 'DELETE'])('%s needs an app token with the scope provision', async (method) => {
    const user = await service.user()
    const call = (token?: string) =>
      service.call(method, `/users/${user.id}`, {
        json: { username: user.username },
        ...(token === undefined ? {} : { token }),
      })
    expect((await call()).status).toBe(401)
    const wrong = await call(user.token)
    expect([wrong.status, wrong.body.meta.error_slug]).toEqual([403, 'wrong-token'])
    const basic = await call(await service.appToken(['basic']))
    expect([basic.status, basic.body.meta.error_slug]).toEqual([403, 'missing-scope'])
    expect(basic.body.meta.error_message).toContain('provision')
    expect((await get(`/users/${user.id}`)).status).toBe(200)
  })
})
