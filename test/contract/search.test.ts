// GET users/search: who is found, in which order, and what is refused. The users of each test have a unique word in their names.
import { randomInt } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { indexNext } from '../../src/startup/keep-search.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const parts = createParts(service.neo4j, { maxFollowing: null })
afterAll(() => parts.graph.close())
const app = await service.appToken()
const asker = await service.user()
const cypher = (text: string, params = {}) => parts.graph.write('test', text, params)

/** A word that is in no other user's name. */
const word = () => `w${randomInt(2 ** 40).toString(36)}q`
const search = (query: Record<string, string>, token = asker.token) =>
  service.call('GET', `/stream/0/users/search?${new URLSearchParams(query)}`, { token })
const found = async (q: string, token = asker.token): Promise<string[]> => {
  const { status, body, text } = await search({ q, count: '200' }, token)
  expect(status, text).toBe(200)
  expect(body.meta).toEqual({ code: 200 })
  return (body.data as { id: string }[]).map(({ id }) => id)
}

describe('GET users/search', () => {
  it('finds the beginnings of words, in any order and case, all in the username or all in the name', async () => {
    const own = word()
    const named = await service.user({ name: `Jörg ${own} Größer` })
    const called = await service.user({ username: `${own}_Bo` })
    expect(await found(own)).toEqual([named.id, called.id].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)))
    expect(await found(own.slice(0, -1))).toHaveLength(2)
    expect(await found(`GROSS ${own.toUpperCase()}`)).toEqual([named.id])
    expect(await found(`${own} jorg`)).toEqual([named.id])
    expect(await found(`${own}_b`)).toEqual([called.id])
    expect(await found(`@${own}`)).toEqual([called.id])
    expect(await found(`@${own} jorg`)).toEqual([])
    expect(await found(`${own} nobody`)).toEqual([])
    expect(await found(own.slice(1))).toEqual([])
  })

  it('answers Users as the caller sees them, with the general parameters', async () => {
    const own = word()
    const user = await service.user({ name: own, annotations: [{ type: 'a' }], description: 'Hi' })
    await service.follow(asker, user)
    const [shown] = (await search({ q: own, include_annotations: '1', include_html: '0' })).body.data
    const alone = await service.call('GET', `/users/${user.id}?include_annotations=1&include_html=0`, {
      token: asker.token,
    })
    expect(shown).toEqual(alone.body.data)
    expect(shown).toMatchObject({ you_follow: true, annotations: [{ type: 'a' }] })
    expect((await search({ q: own }, app)).body.data[0]).not.toHaveProperty('you_follow')
  })

  it('best first: exactly this username, then whom the caller follows, then by followers, then the lower id', async () => {
    const own = word()
    const [plain, second, famous, followed] = await Promise.all([
      service.user({ name: `${own} a` }),
      service.user({ name: `b ${own}` }),
      service.user({ name: `${own}son` }),
      service.user({ name: `Dr ${own}` }),
    ])
    const exact = await service.user({ username: own.slice(0, 20) })
    const fans = await service.users(3)
    for (const fan of fans) await service.follow(fan, famous)
    await service.follow(fans[0]!, second)
    await service.follow(asker, followed)
    expect(await found(own)).toEqual([exact, followed, famous, second, plain].map(({ id }) => id))
    expect(await found(`@${own}`)).toEqual([exact.id])
    // An app follows nobody, and these have one follower each, so the lower id comes first.
    const [low, high] = [second, followed].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
    expect(await found(own, app)).toEqual([exact, famous, low!, high!, plain].map(({ id }) => id))
    const two = await search({ q: own, count: '2' })
    expect(two.body.data.map(({ id }: { id: string }) => id)).toEqual([exact.id, followed.id])
  })

  it('finds a new name at the next request and no old one; a deleted user is not found', async () => {
    const [before, after] = [word(), word()]
    const user = await service.user({ name: before })
    expect(await found(before)).toEqual([user.id])
    const profile = { name: after, locale: 'en', timezone: 'UTC', description: { text: 'x' } }
    const written = await service.call('PUT', '/users/me', { token: user.token, json: profile })
    expect(written.status, written.text).toBe(200)
    expect([await found(before), await found(after)]).toEqual([[], [user.id]])
    const provision = await service.appToken(['basic', 'provision'])
    const username = after.slice(0, 12).toUpperCase()
    await service.call('PATCH', `/users/${user.id}`, { token: provision, json: { username, name: 'X' } })
    expect([await found(before), await found(`@${username}`)]).toEqual([[], [user.id]])
    await service.call('DELETE', `/users/${user.id}`, { token: provision })
    expect(await found(username)).toEqual([])
  })

  it('has twenty by default, and 1 to 200 on demand', async () => {
    const own = word()
    await Promise.all(Array.from({ length: 23 }, (_, n) => service.createUser({ name: `${own} ${n}` })))
    expect((await search({ q: own })).body.data).toHaveLength(20)
    expect((await search({ q: own, count: '200' })).body.data).toHaveLength(23)
    expect((await search({ q: own, count: '1' })).body.data).toHaveLength(1)
    for (const count of ['0', '201', '-1', 'x', '']) {
      const { status, body } = await search({ q: own, count })
      expect([count, status, body.meta.error_slug]).toEqual([count, 400, 'bad-request'])
    }
  })

  it.each([
    {},
    { q: '' },
    { q: ' ' },
    { q: '@' },
    { q: '+-&|!(){}[]^"~*?:\\/' },
    { q: '★ ❤️ …' },
    { q: '_' },
    { q: 'a'.repeat(201) },
    { q: 'ab '.repeat(2_000) },
  ])('refuses %j with 400', async (query) => {
    const { status, body } = await search(query as Record<string, string>)
    expect(status).toBe(400)
    expect(body.meta.error_message).toMatch(/^Bad Request: the parameter q /)
  })

  it('takes q once, with any text in it', async () => {
    expect((await service.call('GET', '/users/search?q=a&q=b', { token: asker.token })).status).toBe(400)
    const own = word()
    const user = await service.user({ name: `${own} NOT x` })
    for (const q of [
      `"${own}`,
      `${own}*`,
      `(${own})`,
      `${own} NOT`,
      `NOT ${own}`,
      `${own}^`,
      `${own}~`,
      `\\${own}`,
      `-${own}`,
      `search_words:${own}`.slice(13),
      `${own}\u0000`,
      `{!${own}}`,
      `' ${own} //`,
    ])
      expect([q, await found(q)]).toEqual([q, [user.id]])
    for (const q of [
      '* OR a',
      '[a TO z]',
      'a:b',
      'search_rank:n',
      '"a b"~1000000',
      'x'.repeat(200),
      '%',
      "'; MATCH (n) DETACH DELETE n //",
    ])
      expect([q, (await search({ q })).status]).toEqual([q, q === '%' ? 400 : 200])
  })

  it('is a route of its own, beside users/{user_id}', async () => {
    expect((await service.call('GET', '/users/search?q=a')).status).toBe(401)
    const other = await service.call('POST', '/users/search?q=a', { token: asker.token })
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET'])
    const username = 'search'
    await service.call('PUT', `/users/${BigInt(asker.id) + 500n}`, {
      token: await service.appToken(['basic', 'provision']),
      json: { username },
    })
    expect((await service.call('GET', '/users/@search')).body.data.username).toBe(username)
  })
})

describe('the index', () => {
  it('gets the words of users who have none', async () => {
    const own = word()
    const user = await service.user({ name: `${own} Åse` })
    await cypher('MATCH (u:User {id: $id}) REMOVE u.search_words', { id: BigInt(user.id) })
    expect(await found(own)).toEqual([])
    await indexNext(parts, BigInt(user.id) - 1n, 1n)
    expect(await found(`${own} ase`)).toEqual([user.id])
    expect((await indexNext(parts, BigInt(user.id) - 1n, 1n)).written).toBe(0)
  })

  it('ends after the last user', async () => {
    expect(await indexNext(parts, 2n ** 63n - 1n)).toEqual({ last: null, written: 0 })
  })

  it('gives the most followed first, even if more users match than are ranked', async () => {
    const own = word()
    const from = 2n ** 61n + BigInt(randomInt(2 ** 40)) * 10_000n
    // Created with Cypher, without search words and ranks. User 1400 has 70 followers, user 700 has 20.
    const [reserved] = await cypher(
      "MATCH (s:Sequence {name: 'relations'}) SET s.value = s.value + 100 RETURN s.value - 100 AS base",
    )
    await cypher(
      `UNWIND range(0, 1499) AS n
       CREATE (:User {id: $from + n, username: 's' + toString($from + n), username_key: 's' + toString($from + n), name: $word,
         type: 'human', created_at: datetime.truncate('second')})
       WITH collect(n) AS all
       UNWIND [k IN range(1, 70) | [1400, k]] + [k IN range(71, 90) | [700, k]] AS pair
       MATCH (a:User {id: $from + pair[1]}), (b:User {id: $from + pair[0]})
       CREATE (a)-[:FOLLOWS {id: $base + pair[1], follower_id: a.id, followee_id: b.id, followed_at: datetime.truncate('second')}]->(b)`,
      { from, word: own, base: reserved?.[0] },
    )
    try {
      expect(await found(own)).toEqual([])
      await indexNext(parts, from - 1n, 1_500n)
      const ids = await found(own)
      expect(ids).toHaveLength(200)
      expect(ids.slice(0, 2)).toEqual([String(from + 1400n), String(from + 700n)])
    } finally {
      await cypher('MATCH (u:User) WHERE u.id >= $from AND u.id < $from + 1500 DETACH DELETE u', { from })
    }
  })
})
