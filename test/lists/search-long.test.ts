// Long lists with q: few matches come from the search index, many from a walk of the list, and only if both are very many, rows may be missing.
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import type { TestUser } from '../../src/testing.ts'
import { searchWords } from '../../src/users/search-words.ts'
import { untilAnswered } from '../support/patiently.ts'
import { startTestService } from '../support/service.ts'
import { crowd, disperse } from './crowd.ts'
import { cursorsOf, idsOf, links } from './one-list.ts'
import type { Member } from './searched.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 })

const service = await startTestService()
const parts = createParts(service.neo4j, { maxFollowing: null })
afterAll(() => parts.graph.close())

const RARE = [6000, 4800, 3600, 2400, 1200]

type Query = Record<string, string | number>

describe('a list of 6,000 followers', () => {
  const from = 2n ** 60n + BigInt(randomInt(2 ** 40)) * 10_000n
  const own = `w${randomInt(36 ** 6).toString(36)}q`
  const common = searchWords('fan', `Fan ${own}ish`)
  let star: TestUser & { token: string }
  // The first calls may be slow, because the database has not planned these statements yet.
  const listOf = (query: Query, path = 'followers') => {
    const params = new URLSearchParams(
      Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
    )
    return untilAnswered(() =>
      service.call('GET', `/users/${star.id}/${path}?${params}`, { token: star.token }),
    )
  }
  const named = (n: number) => String(from + BigInt(n))
  beforeAll(async () => {
    star = await service.user()
    // Every 1,200th follower has a name of its own, all others one that everybody has.
    const rare = searchWords('fan', `Zoë ${own}`)
    await crowd(parts.graph, BigInt(star.id), from, 6_000n, true, (n) => (n % 1200 === 0 ? rare : common))
  })
  afterAll(() => disperse(parts.graph, from, 6_000n))

  it.each(['followers', 'following', 'mutuals'])('finds few matches in %s by the index', async (path) => {
    const all = await listOf({ q: `zoe ${own}`, count: 200 }, path)
    expect(idsOf(all)).toEqual(RARE.map(named))
    const before = await listOf({ q: 'zoe', count: 200, before_id: cursorsOf(all)[1] as string }, path)
    expect(idsOf(before)).toEqual(RARE.slice(2).map(named))
    const answer = await listOf({ q: `zoe ${own}`, count: 3 }, path)
    expect(answer.status, answer.text).toBe(200)
    expect(idsOf(answer)).toEqual(RARE.slice(0, 3).map(named))
    expect(answer.body.meta.more).toBe(true)
    const rest = await listOf({ q: `zoe ${own}`, count: 3, before_id: answer.body.meta.min_id }, path)
    expect([idsOf(rest), rest.body.meta.more]).toEqual([RARE.slice(3).map(named), false])
    const oldest = await listOf({ q: `zoe ${own}`, count: -2 }, path)
    expect([idsOf(oldest), oldest.body.meta.more]).toEqual([RARE.slice(3).map(named), true])
  })

  it.each(['followers', 'following', 'mutuals'])('finds many matches in %s', async (path) => {
    const answer = await listOf({ q: own, count: 200 }, path)
    expect(idsOf(answer)).toEqual(Array.from({ length: 200 }, (_, n) => named(6000 - n)))
    const rare = await listOf({ q: `${own}ish`, before_id: cursorsOf(answer)[0] as string, count: 2 }, path)
    expect(idsOf(rare)).toEqual([5999, 5998].map(named))
  })

  it('finds a follower by the whole username, also one without words', async () => {
    await parts.graph.write(
      'test/words',
      'MATCH (fan:User {id: $id}) REMOVE fan.search_words SET fan.username_key = $key',
      { id: from + 7n, key: `${own}_7` },
    )
    expect(idsOf(await listOf({ q: `@${own.toUpperCase()}_7` }))).toEqual([named(7)])
    expect(idsOf(await listOf({ q: `${own}_7`, count: -1 }))).toEqual([named(7)])
    expect((await listOf({ q: `@${own}_7` }, 'followers/unreciprocated')).body.data).toEqual([])
  })

  it('forgets who unfollows and who is renamed', async () => {
    const other = await service.user({ name: `Zoe ${own}` })
    await service.follow(other, star)
    expect(idsOf(await listOf({ q: 'zoe', count: 1 }))).toEqual([other.id])
    await service.call('PATCH', '/users/me', { token: other.token, json: { name: 'Else' } })
    expect(idsOf(await listOf({ q: 'zoe', count: 1 }))).toEqual([named(6000)])
    expect(idsOf(await listOf({ q: 'else', count: 1 }))).toEqual([other.id])
    await service.call('DELETE', `/users/${star.id}/follow`, { token: other.token })
    expect((await listOf({ q: 'else' })).body).toEqual({ data: [], meta: { code: 200, more: false } })
  })

  it('gives ids, a page at a time', async () => {
    const all = RARE.map(named)
    for (const path of ['followers/ids', 'following/ids']) {
      const first = await listOf({ q: 'zoe' }, path)
      expect([first.body.data, first.body.meta.more]).toEqual([all, false])
      const two = await listOf({ q: 'zoe', count: 2 }, path)
      expect([two.body.data, two.body.meta.more]).toEqual([all.slice(0, 2), true])
      expect(links(two).next).toContain('q=zoe')
      const next = await listOf({ q: 'zoe', count: 5000, before_id: two.body.meta.min_id }, path)
      expect(next.body.data).toEqual(all.slice(2))
      expect((await listOf({ q: '_' }, path)).status).toBe(400)
      expect((await listOf({ sort: 'newest' }, path)).status).toBe(400)
    }
  })

  it('leaves rows out only if over 20,000 of the list and over 20,000 users match', async () => {
    const more = 15_000n
    await crowd(parts.graph, BigInt(star.id), from + 6_000n, more, false, () => common)
    try {
      const page = async (query: Query) => (await listOf(query)).body
      const newest = await page({ q: own, count: 3 })
      expect(newest.data.map(({ id }: Member) => id)).toEqual([21_000, 20_999, 20_998].map(named))
      expect(newest.meta).toMatchObject({ more: true, complete: false })
      // Few match, so all are found, however long the list is.
      const rare = await page({ q: 'zoe', count: 200 })
      expect(rare.data.map(({ id }: Member) => id)).toEqual(RARE.map(named))
      expect(rare.meta).not.toHaveProperty('complete')
      // The other list is short, so all of its rows are found, however many users match.
      const short = await listOf({ q: own, count: 2 }, 'following')
      expect(idsOf(short)).toEqual([6000, 5999].map(named))
      expect(short.body.meta).not.toHaveProperty('complete')
    } finally {
      await disperse(parts.graph, from + 6_000n, more)
    }
  })

  it('takes q once', async () => {
    const { token } = star
    expect((await service.call('GET', `/users/${star.id}/followers?q=a&q=b`, { token })).status).toBe(400)
  })
})
