// Lists with q: who is in them, compared with a plain filter of the whole list; paging, totals, and what is refused.
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { createListSearch } from '../../src/relations/list-search.ts'
import { type Search, searchOf } from '../../src/users/search-words.ts'
import { untilAnswered } from '../support/patiently.ts'
import { startTestService } from '../support/service.ts'
import { idsOf, links } from './one-list.ts'
import {
  type Community,
  community,
  LISTS,
  type Member,
  matches,
  membersOf,
  QUERIES,
  reader,
} from './searched.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 })

const service = await startTestService()
const parts = createParts(service.neo4j, { maxFollowing: null })
afterAll(() => parts.graph.close())

const MAX = 2n ** 63n - 1n
let around: Community
beforeAll(async () => {
  around = await community(service)
})

type Query = Record<string, string | number>
const call = async (route: (typeof LISTS)[number], query: Query, method = 'GET') => {
  const { path, token } = reader(around, route.path)
  const params = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  )
  return untilAnswered(() => service.call(method, `${path}?${params}`, { token }))
}
const good = async (route: (typeof LISTS)[number], query: Query) => {
  const answer = await call(route, query)
  expect(answer.status, `${JSON.stringify(query)}: ${answer.text.slice(0, 300)}`).toBe(200)
  return answer
}

describe.each(LISTS)('GET $path with q', (route) => {
  let whole: Member[]
  beforeAll(async () => {
    whole = membersOf(await good(route, { count: 200 }))
    expect(whole.length, `seed ${around.seed}`).toBeGreaterThan(5)
  })
  const matching = (q: string) => whole.filter((member) => matches(q, member))

  it('has the rows whose users match, as the list without q shows them', async () => {
    for (const q of QUERIES) {
      const answer = await good(route, { q, count: 200 })
      expect(membersOf(answer), `${q}, seed ${around.seed}`).toEqual(matching(q))
      const { meta } = answer.body
      expect(meta.more).toBe(false)
      expect(meta).not.toHaveProperty('complete')
      expect([meta.max_id, meta.min_id]).toEqual([
        matching(q)[0]?.pagination_id,
        matching(q).at(-1)?.pagination_id,
      ])
      if (route.name === 'followers-known') expect(meta.total).toBe(matching(q).length)
      else expect(meta).not.toHaveProperty('total')
    }
  })

  it('is read whole in pages of two and by its links, from both ends', async () => {
    for (const q of ['a', 'b', '@ada']) {
      const ids = matching(q).map(({ id }) => id)
      const down: string[] = []
      for (let query: Query = { q, count: 2 }; ; ) {
        const answer = await good(route, query)
        down.push(...idsOf(answer))
        const { next } = links(answer)
        expect(answer.body.meta.more).toBe(next !== undefined)
        if (next === undefined) break
        expect(idsOf(answer)).toHaveLength(2)
        query = Object.fromEntries(new URLSearchParams(next))
        expect(query).toEqual({ q, count: '2', before_id: answer.body.meta.min_id })
      }
      expect(down).toEqual(ids)
      const up: string[] = []
      for (let since = '0'; ; ) {
        const answer = await good(route, { q, count: -2, since_id: since })
        up.unshift(...idsOf(answer))
        if (!answer.body.meta.more) break
        since = answer.body.meta.max_id
      }
      expect(up).toEqual(ids)
    }
  })

  it('agrees with a plain filter for any bounds and any count', async () => {
    const cursors = whole.map(({ pagination_id }) => BigInt(pagination_id))
    const bound = () => cursors[randomInt(cursors.length)] as bigint
    for (let n = 0; n < 30; n += 1) {
      const q = QUERIES[randomInt(QUERIES.length)] as string
      const [before, since, count] = [
        randomInt(2) === 0 ? MAX : bound() + BigInt(randomInt(2)),
        randomInt(2) === 0 ? 0n : bound() - BigInt(randomInt(2)),
        randomInt(-5, 6),
      ]
      const range = matching(q).filter(({ pagination_id: id }) => BigInt(id) < before && BigInt(id) > since)
      const rows = count < 0 ? range.slice(count) : range.slice(0, count)
      const query = { q, before_id: String(before), since_id: String(since), count }
      const answer = await good(route, query)
      expect(membersOf(answer), JSON.stringify(query)).toEqual(rows)
      expect(answer.body.meta.more, JSON.stringify(query)).toBe(range.length > rows.length)
      expect(links(answer).prev !== undefined).toBe(rows.length > 0)
    }
  })

  it.each(['', ' ', '@', '_', '★ …', '+-&|!(){}[]^"~*?:\\/', 'a'.repeat(201)])(
    'refuses q=%j with 400',
    async (q) => {
      const answer = await call(route, { q })
      expect(answer.status).toBe(400)
      expect(answer.body.meta.error_message).toMatch(/^Bad Request: the parameter q /)
    },
  )

  it('refuses sort, whatever its value, where a list has one order only', async () => {
    if (['following', 'followers'].includes(route.name)) return
    for (const sort of ['newest', 'oldest', 'username', 'followers', '']) {
      const answer = await call(route, { sort })
      expect([sort, answer.status]).toEqual([sort, 400])
      expect(answer.body.meta.error_message).toMatch(/^Bad Request: the parameter sort /)
    }
  })

  it('answers HEAD as GET, 304 to its own tag, and the general parameters', async () => {
    const get = await good(route, { q: 'a', count: 2, include_annotations: 1, include_html: 0 })
    expect(membersOf(get)[0]).toHaveProperty('annotations')
    const head = await call(route, { q: 'a', count: 2, include_annotations: 1, include_html: 0 }, 'HEAD')
    expect([head.status, head.text, head.headers.get('link')]).toEqual([200, '', get.headers.get('link')])
    const { path, token } = reader(around, route.path)
    const headers = { 'If-None-Match': get.headers.get('etag') as string }
    const again = await service.call('GET', `${path}?q=a&count=2&include_annotations=1&include_html=0`, {
      token,
      headers,
    })
    expect(again.status).toBe(304)
  })

  it('answers 404, 401 and JSONP as the list without q', async () => {
    const token = route.access.token === 'any' ? await service.appToken() : around.viewer.token
    const path = `/stream/0${route.path}?q=a`
    if (path.includes(':user_id')) {
      const nobody = await service.call('GET', path.replace(':user_id', '1234567'), { token })
      expect(nobody.status).toBe(404)
    }
    expect((await service.call('GET', path.replace(':user_id', around.owner.id))).status).toBe(401)
    const wrapped = await service.call('GET', `${path.replace(':user_id', around.owner.id)}&callback=x`)
    expect(wrapped.status).toBe(200)
    expect(wrapped.text).toMatch(/^x\(\{"meta":\{"code":401,/)
  })

  it('finds the same if the search index is asked instead of the list, and for both when neither is whole', async () => {
    const userId = BigInt(around.owner.id)
    const viewerId = BigInt(around.viewer.id)
    const page = async (bounds: { short: bigint; maxRows: bigint }, q: string, count: number) => {
      const found = createListSearch(parts.graph, parts.queries, bounds)
      const request = { before: MAX, since: 0n, count }
      const of = { list: route.name, userId, viewerId }
      return found.matching(of, searchOf(q) as Search, request)
    }
    const words = ['a', 'jorg', '@ada', 'zzz', 'bo ada']
    for (const q of words) {
      const rows = matching(q).map(({ id, pagination_id }) => [BigInt(id), BigInt(pagination_id)])
      const total = route.name === 'followers-known' ? BigInt(rows.length) : null
      const asked = await page({ short: 0n, maxRows: 20_000n }, q, 200)
      expect(
        asked?.rows.map((row) => row.slice(0, 2)),
        q,
      ).toEqual(rows)
      expect([asked?.total, asked?.complete], q).toEqual([total, true])
      const oldest = await page({ short: 0n, maxRows: 20_000n }, q, -2)
      expect(
        oldest?.rows.map((row) => row.slice(0, 2)),
        q,
      ).toEqual([...rows].reverse().slice(0, 3))
      const some = await page({ short: 0n, maxRows: 5n }, q, 200)
      for (const row of some?.rows ?? []) expect(rows).toContainEqual(row.slice(0, 2))
      if (some?.complete) expect(some.rows).toHaveLength(rows.length)
    }
    // More than five people match these, also outside the list.
    expect((await page({ short: 0n, maxRows: 5n }, 'a', 200))?.complete).toBe(false)
    expect(
      await createListSearch(parts.graph, parts.queries).matching(
        { list: route.name, userId: 1234567n, viewerId },
        searchOf('a') as Search,
        { before: MAX, since: 0n, count: 1 },
      ),
    ).toBeNull()
  })
})
