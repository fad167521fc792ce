// Following, its two writes and its lists of ids.
import { describe, expect, it } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import { crowd, disperse } from '../lists/crowd.ts'
import { inTurn, people } from '../lists/fixtures.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const NOBODY = '9223372036854775807'

describe.each(['POST', 'PUT'])('%s users/{user_id}/follow', (method) => {
  const follow = (target: string, token?: string, more = {}) =>
    service.call(method, `/stream/0/users/${target}/follow`, {
      ...(token === undefined ? {} : { token }),
      ...more,
    })

  it('answers the followed User with you_follow and the new count', async () => {
    const [a, b] = await service.users(2)
    const answer = await follow(b!.id, a!.token)
    expect(answer.status).toBe(200)
    expect(answer.body.meta).toMatchObject({ code: 200 })
    expect(answer.body.data).toMatchObject({
      id: b!.id,
      you_follow: true,
      follows_you: false,
      counts: { followers: 1, following: 0 },
    })
    const self = await service.call('GET', '/users/me', { token: a!.token })
    expect(self.body.data.counts).toMatchObject({ following: 1, followers: 0 })
    expect(answer.headers.get('x-oauth-scopes')?.split(',')).toContain('follow')
  })

  it('is idempotent: twice makes one relationship and keeps its pagination id', async () => {
    const [a, b, c] = await service.users(3)
    await follow(b!.id, a!.token)
    const list = async () =>
      (await service.call('GET', `/users/${b!.id}/followers`, { token: a!.token })).body.data
    const [before] = await list()
    await service.follow(c!, b!)
    const again = await follow(b!.id, a!.token)
    expect(again.status).toBe(200)
    expect(again.body.data.counts.followers).toBe(2)
    const after = await list()
    expect(after.map(({ id }: { id: string }) => id)).toEqual([c!.id, a!.id])
    expect(after[1]).toMatchObject({ pagination_id: before.pagination_id, followed_at: before.followed_at })
  })

  it('takes @username in any case, encoded or not, and no body or an empty one', async () => {
    const [a, b] = await service.users(2)
    for (const name of [`@${b!.username}`, `%40${b!.username.toUpperCase()}`]) {
      expect((await follow(name, a!.token)).body.data).toMatchObject({ id: b!.id, you_follow: true })
    }
    expect((await follow(b!.id, a!.token, { json: {} })).status).toBe(200)
    expect((await follow(b!.id, a!.token, { form: {} })).status).toBe(200)
    expect((await follow(b!.id, undefined, { form: { access_token: a!.token } })).status).toBe(200)
    expect((await follow(b!.id, undefined, { json: { access_token: a!.token } })).status).toBe(200)
  })

  it('refuses oneself with 400, by id, name and me', async () => {
    const self = await service.user()
    for (const target of [self.id, `@${self.username}`, 'me']) {
      const answer = await follow(target, self.token)
      expect(answer.status).toBe(400)
      expect(answer.body.meta).toMatchObject({ code: 400, error_slug: 'self-follow' })
      expect(answer.body.meta.error_message).toMatch(/^Bad Request: .*follow/)
      expect(answer.body).not.toHaveProperty('data')
    }
  })

  it('refuses with 403 where either has blocked the other', async () => {
    const [a, b] = await service.users(2)
    await service.call('POST', `/users/${b!.id}/block`, { token: a!.token })
    for (const [from, to] of [
      [a, b],
      [b, a],
    ]) {
      const answer = await follow(to!.id, from!.token)
      expect(answer.status).toBe(403)
      expect(answer.body.meta.error_slug).toBe('blocked')
    }
  })

  it('refuses a bot with 403 unless the other user follows it', async () => {
    const bot = await service.user({ type: 'bot' })
    const human = await service.user()
    const refused = await follow(human.id, bot.token)
    expect([refused.status, refused.body.meta.error_slug]).toEqual([403, 'bot-rule'])
    await service.follow(human, bot)
    expect((await follow(human.id, bot.token)).status).toBe(200)
  })

  it('refuses with 507 over the plan of the client, but not a follow that exists already', async () => {
    const limited = await startTestService({ MAX_FOLLOWING: '2' })
    const owner = await service.user()
    const [first, second, third] = await service.users(3)
    const go = (id: string) => limited.call(method, `/users/${id}/follow`, { token: owner.token })
    expect((await go(first!.id)).status).toBe(200)
    expect((await go(second!.id)).status).toBe(200)
    const over = await go(third!.id)
    expect([over.status, over.body.meta.code, over.body.meta.error_slug]).toEqual([507, 507, 'follow-limit'])
    expect((await go(first!.id)).status).toBe(200)
  })

  it('answers 404 for a user that does not exist or is no user id', async () => {
    const { token } = await service.user()
    for (const target of [
      NOBODY,
      '@nobody_of_this_name',
      '007',
      'ME',
      '0',
      '-3',
      '9223372036854775808',
      'bo',
      '%zz',
      '@',
      '1.0',
      '%20',
    ]) {
      expect([target, (await follow(target, token)).status]).toEqual([target, 404])
    }
  })

  it('needs a user token with the scope follow', async () => {
    const [a, b] = await service.users(2)
    expect((await follow(b!.id)).status).toBe(401)
    const app = await follow(b!.id, await service.appToken())
    expect([app.status, app.body.meta.error_slug]).toEqual([403, 'wrong-token'])
    const basic = await follow(b!.id, await service.tokenFor(a!, ['basic', 'stream']))
    expect([basic.status, basic.body.meta.error_slug]).toEqual([403, 'missing-scope'])
    expect(basic.body.meta.error_message).toContain('follow')
    expect((await service.call('GET', `/users/${b!.id}`)).body.data.counts.followers).toBe(0)
  })

  it('refuses a general parameter that is neither 0 nor 1, and does nothing', async () => {
    const [a, b] = await service.users(2)
    const answer = await service.call(method, `/users/${b!.id}/follow?include_html=maybe`, {
      token: a!.token,
    })
    expect(answer.status).toBe(400)
    expect((await service.call('GET', `/users/${b!.id}`)).body.data.counts.followers).toBe(0)
    expect(
      (await service.call(method, `/users/${b!.id}/follow?include_delete=0`, { token: a!.token })).status,
    ).toBe(200)
  })
})

describe('GET users/{user_id}/following/ids and followers/ids', () => {
  const get = (path: string, token: string) => service.call('GET', path, { token })

  it('are whole, newest follow first, digit for digit', async () => {
    const owner = await service.user()
    const members = await people(service, 30)
    const followed = await inTurn(members, (member) => service.follow(owner, member))
    const followers = await inTurn(members.slice(5), (member) => service.follow(member, owner))
    expect(followed.some((id) => BigInt(id) > 2n ** 53n)).toBe(true)
    const following = await get(`/users/${owner.id}/following/ids`, owner.token)
    expect(following.body).toEqual({ data: followed, meta: { code: 200 } })
    expect((await get(`/users/@${owner.username}/followers/ids`, owner.token)).body.data).toEqual(followers)
    expect((await get('/users/me/followers/ids', owner.token)).body.data).toEqual(followers)
    expect((await get(`/users/${owner.id}/following/ids`, await service.appToken())).body.data).toEqual(
      followed,
    )
    const pretty = await service.call('GET', `/users/${owner.id}/following/ids`, {
      token: owner.token,
      headers: { 'X-ADN-Pretty-JSON': '0' },
    })
    expect(pretty.text).toBe(`${JSON.stringify({ data: followed, meta: { code: 200 } }, null, 2)}\n`)
  })

  it('take pagination parameters and then answer one page with meta and Link', async () => {
    const owner = await service.user()
    const followed = await inTurn(await people(service, 12), (member) => service.follow(owner, member))
    const users = (await get(`/users/${owner.id}/following`, owner.token)).body.data as {
      pagination_id: string
    }[]
    const page = await get(`/users/${owner.id}/following/ids?count=5`, owner.token)
    expect(page.body).toEqual({
      data: followed.slice(0, 5),
      meta: { code: 200, max_id: users[0]!.pagination_id, min_id: users[4]!.pagination_id, more: true },
    })
    expect(page.headers.get('link')).toContain(`before_id=${users[4]!.pagination_id}`)
    const next = await get(
      `/users/${owner.id}/following/ids?before_id=${users[4]!.pagination_id}&count=5000`,
      owner.token,
    )
    expect(next.body.data).toEqual(followed.slice(5))
    expect(next.body.meta.more).toBe(false)
    expect((await get(`/users/${owner.id}/following/ids?count=-3`, owner.token)).body.data).toEqual(
      followed.slice(-3),
    )
    expect(
      (await get(`/users/${owner.id}/following/ids?since_id=${users[2]!.pagination_id}`, owner.token)).body
        .data,
    ).toEqual(followed.slice(0, 2))
    const none = await get(`/users/${owner.id}/following/ids?count=0`, owner.token)
    expect(none.body).toEqual({ data: [], meta: { code: 200, more: true } })
    for (const query of [
      'count=5001',
      'count=-5001',
      'count=x',
      'before_id=-1',
      'since_id=9223372036854775808',
    ]) {
      expect([query, (await get(`/users/${owner.id}/following/ids?${query}`, owner.token)).status]).toEqual([
        query,
        400,
      ])
    }
  })

  it('answer an empty list, 404 for no such user, 401 without a token, and HEAD', async () => {
    const owner = await service.user()
    for (const list of ['following', 'followers']) {
      expect((await get(`/users/${owner.id}/${list}/ids`, owner.token)).body).toEqual({
        data: [],
        meta: { code: 200 },
      })
      expect((await get(`/users/${NOBODY}/${list}/ids`, owner.token)).status).toBe(404)
      expect((await get(`/users/${NOBODY}/${list}/ids?count=3`, owner.token)).status).toBe(404)
      expect((await service.call('GET', `/users/${owner.id}/${list}/ids`)).status).toBe(401)
      const head = await service.call('HEAD', `/users/${owner.id}/${list}/ids`, { token: owner.token })
      expect([head.status, head.text]).toEqual([200, ''])
    }
  })

  it('have no gap and no duplicate over many pages of the index', async () => {
    const owner = await service.user()
    const graph = openGraph(service.neo4j)
    const [from, total] = [BigInt(owner.id) + 100_000n, 21_000n]
    try {
      // More than two pages of the index, of 10,000 each.
      await crowd(graph, BigInt(owner.id), from, total, false)
      const answer = await get(`/users/${owner.id}/followers/ids`, owner.token)
      const expected = Array.from({ length: Number(total) }, (_, n) => String(from + total - BigInt(n)))
      expect(answer.body.data).toEqual(expected)
      const pretty = await service.call('GET', `/users/${owner.id}/followers/ids`, {
        token: owner.token,
        headers: { 'X-ADN-Pretty-JSON': '1' },
      })
      expect(pretty.body.data).toEqual(expected)
    } finally {
      await disperse(graph, from, total)
      await graph.close()
    }
  }, 60_000)
})
