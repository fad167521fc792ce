// Lists with sort: the four orders of following and followers, compared with sorting the whole list; their cursors, and what is refused.
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { untilAnswered } from '../support/patiently.ts'
import { startTestService } from '../support/service.ts'
import { crowd, disperse } from './crowd.ts'
import { cursorsOf, idsOf, links } from './one-list.ts'
import { type Community, community, type Member, matches, membersOf } from './searched.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 })

const service = await startTestService()
const parts = createParts(service.neo4j, { maxFollowing: null })
afterAll(() => parts.graph.close())

let around: Community
beforeAll(async () => {
  around = await community(service)
})

const compare = (a: string | bigint, b: string | bigint) => (a < b ? -1 : a > b ? 1 : 0)
const newestFirst = (a: Member, b: Member) => compare(BigInt(b.pagination_id), BigInt(a.pagination_id))
const ORDERS: Record<string, (a: Member, b: Member) => number> = {
  newest: newestFirst,
  oldest: (a, b) => -newestFirst(a, b),
  username: (a, b) => compare(a.username.toLowerCase(), b.username.toLowerCase()),
  followers: (a, b) => b.counts.followers - a.counts.followers || newestFirst(a, b),
}

type Query = Record<string, string | number>
const call = (list: string, query: Query, method = 'GET', owner = around.owner.id) => {
  const params = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  )
  const { token } = around.viewer
  return untilAnswered(() => service.call(method, `/stream/0/users/${owner}/${list}?${params}`, { token }))
}
const good = async (list: string, query: Query) => {
  const answer = await call(list, query)
  expect(answer.status, `${JSON.stringify(query)}: ${answer.text.slice(0, 300)}`).toBe(200)
  return answer
}
const refused = async (list: string, query: Query, about: RegExp) => {
  const answer = await call(list, query)
  expect([query, answer.status, answer.body.meta.error_slug]).toEqual([query, 400, 'bad-request'])
  expect(answer.body.meta.error_message).toMatch(about)
}

describe.each(['following', 'followers'])('GET users/{user_id}/%s with sort', (list) => {
  let whole: Member[]
  beforeAll(async () => {
    whole = membersOf(await good(list, { count: 200 }))
    expect(whole.length, `seed ${around.seed}`).toBeGreaterThan(8)
    const counts = new Set(whole.map(({ counts }) => counts.followers))
    expect(counts.size).toBeGreaterThan(1)
    expect(counts.size).toBeLessThan(whole.length)
  })

  it.each(Object.entries(ORDERS))(
    '%s: the whole list in its order, each row as without sort',
    async (sort, order) => {
      const answer = await good(list, { sort, count: 200 })
      expect(membersOf(answer), `seed ${around.seed}`).toEqual([...whole].sort(order))
      expect(answer.body.meta.more).toBe(false)
      expect(answer.body.meta).not.toHaveProperty('next_cursor')
      expect(links(answer).next).toBeUndefined()
    },
  )

  it.each(Object.entries(ORDERS))('%s: with q only the rows that match', async (sort, order) => {
    for (const q of ['a', '@ada', 'jorg', 'zzz']) {
      const expected = whole.filter((member) => matches(q, member)).sort(order)
      expect(membersOf(await good(list, { sort, q, count: 200 })), q).toEqual(expected)
      const few = await good(list, { sort, q, count: 2 })
      expect(membersOf(few)).toEqual(expected.slice(0, 2))
      expect(few.body.meta.more).toBe(expected.length > 2)
    }
  })

  it.each(Object.entries(ORDERS))('%s: the links lead through the whole list', async (sort, order) => {
    for (const q of [{}, { q: 'a' }]) {
      const ids: string[] = []
      for (let query: Query = { sort, count: 3, ...q }; ; ) {
        const answer = await good(list, query)
        ids.push(...idsOf(answer))
        const { next, prev } = links(answer)
        expect(answer.body.meta.more).toBe(next !== undefined)
        expect(prev !== undefined).toBe(sort === 'newest' && idsOf(answer).length > 0)
        if (next === undefined) break
        query = Object.fromEntries(new URLSearchParams(next))
        expect(query).toMatchObject({ sort, count: '3', ...q })
      }
      const expected = whole.filter((member) => !('q' in q) || matches('a', member)).sort(order)
      expect(ids).toEqual(expected.map(({ id }) => id))
    }
  })

  it('oldest: goes on by since_id, ends at before_id, and has the meta of its rows', async () => {
    const ids = [...whole].sort(ORDERS.oldest).map(({ pagination_id }) => pagination_id)
    const first = await good(list, { sort: 'oldest', count: 4 })
    expect(cursorsOf(first)).toEqual(ids.slice(0, 4))
    expect(first.body.meta).toEqual({ code: 200, max_id: ids[3], min_id: ids[0], more: true })
    const second = await good(list, { sort: 'oldest', count: 4, since_id: ids[3] as string })
    expect(cursorsOf(second)).toEqual(ids.slice(4, 8))
    const until = { sort: 'oldest', count: 4, since_id: ids[3] as string, before_id: ids[6] as string }
    const last = await good(list, until)
    expect([cursorsOf(last), last.body.meta.more]).toEqual([ids.slice(4, 6), false])
    const none = await good(list, { sort: 'oldest', since_id: ids.at(-1) as string })
    expect(none.body).toEqual({ data: [], meta: { code: 200, more: false } })
    expect((await good(list, { sort: 'oldest', count: 0 })).body).toEqual({
      data: [],
      meta: { code: 200, more: true },
    })
  })

  it.each(['username', 'followers'])(
    '%s: meta has next_cursor on all pages but the last, and no ids',
    async (sort) => {
      const found: Member[] = []
      let cursor: string | undefined
      do {
        const answer = await good(list, { sort, count: 4, ...(cursor === undefined ? {} : { cursor }) })
        found.push(...membersOf(answer))
        const { code, more, next_cursor, ...rest } = answer.body.meta
        expect([code, more, rest]).toEqual([200, next_cursor !== undefined, {}])
        if (more) expect(membersOf(answer)).toHaveLength(4)
        cursor = next_cursor
      } while (cursor !== undefined)
      expect(found).toEqual([...whole].sort(ORDERS[sort]))
      const none = await good(list, { sort, count: 0 })
      expect([none.body, none.headers.get('link')]).toEqual([
        { data: [], meta: { code: 200, more: true } },
        null,
      ])
      expect(membersOf(await good(list, { sort }))).toHaveLength(Math.min(20, whole.length))
    },
  )

  it.each(['username', 'followers'])(
    '%s: refuses a cursor that is broken or of another order, list or user',
    async (sort) => {
      const cursorOf = async (list: string, sort: string): Promise<string> =>
        (await good(list, { sort, count: 1 })).body.meta.next_cursor
      const own = await cursorOf(list, sort)
      const other = { username: 'followers', followers: 'username' }[sort] as string
      const middle = Math.floor(own.length / 2)
      for (const cursor of [
        await cursorOf(list, other),
        await cursorOf(list === 'followers' ? 'following' : 'followers', sort),
        ...[
          '',
          ' ',
          'x',
          '0',
          '-1',
          '1234',
          whole[0]?.pagination_id as string,
          `${own}=`,
          `${own}A`,
          ` ${own}`,
        ],
        ...[own.slice(0, -1), own.slice(0, -4), own.slice(4), own.toLowerCase(), 'é'.repeat(50)],
        own.slice(0, middle) + (own[middle] === 'A' ? 'B' : 'A') + own.slice(middle + 1),
      ])
        await refused(list, { sort, cursor }, /^Bad Request: the parameter cursor /)
      await refused(list, { cursor: own }, /^Bad Request: the parameter cursor /)
      await refused(list, { sort: 'newest', cursor: own }, /^Bad Request: the parameter cursor /)
      await refused(list, { sort: 'oldest', cursor: own }, /^Bad Request: the parameter cursor /)
      const theirs = await call(list, { sort, cursor: own }, 'GET', around.viewer.id)
      expect(theirs.status).toBe(400)
      expect((await good(list, { sort, cursor: own, count: 1 })).body.data).toHaveLength(1)
    },
  )

  it('refuses other values, counts below 0, and ids beside a cursor', async () => {
    for (const sort of ['', 'Newest', 'name', 'newest,oldest', 'toString', '1'])
      await refused(list, { sort }, /^Bad Request: the parameter sort /)
    for (const sort of ['oldest', 'username', 'followers'])
      await refused(list, { sort, count: -1 }, /^Bad Request: the parameter count must not be negative/)
    for (const sort of ['username', 'followers']) {
      await refused(list, { sort, before_id: 9 }, /^Bad Request: before_id and since_id do not go with sort/)
      await refused(list, { sort, since_id: 0 }, /^Bad Request: before_id and since_id do not go with sort/)
      await refused(list, { sort, count: 201 }, /^Bad Request: the parameter count /)
      await refused(list, { sort, q: '@' }, /^Bad Request: the parameter q /)
    }
    const twice = await service.call('GET', `/users/${around.owner.id}/${list}?sort=oldest&sort=oldest`, {
      token: around.viewer.token,
    })
    expect(twice.status).toBe(400)
  })

  it('answers HEAD as GET, 304 to its own tag, 404 for nobody, 401 without a token', async () => {
    for (const sort of ['oldest', 'username', 'followers']) {
      const get = await good(list, { sort, count: 2 })
      const head = await call(list, { sort, count: 2 }, 'HEAD')
      expect([head.status, head.text, head.headers.get('link')]).toEqual([200, '', get.headers.get('link')])
      const path = `/stream/0/users/${around.owner.id}/${list}?sort=${sort}&count=2`
      const headers = { 'If-None-Match': get.headers.get('etag') as string }
      expect((await service.call('GET', path, { token: around.viewer.token, headers })).status).toBe(304)
      expect((await service.call('GET', path)).status).toBe(401)
      expect((await call(list, { sort }, 'GET', '1234567')).status).toBe(404)
      const wrapped = await service.call('GET', `${path}&callback=x`)
      expect([wrapped.status, wrapped.text.slice(0, 22)]).toEqual([200, 'x({"meta":{"code":401,'])
      const app = await service.call('GET', path, { token: await service.appToken() })
      expect(idsOf(app)).toEqual(idsOf(get))
      expect(app.body.data[0]).not.toHaveProperty('you_follow')
    }
  })
})

it('sorts lists of up to 5,000 rows by username and followers, longer ones by date only', async () => {
  const from = 2n ** 60n + BigInt(randomInt(2 ** 40)) * 10_000n
  const star = await service.user()
  await crowd(parts.graph, BigInt(star.id), from, 5_000n, false)
  const page = (query: string) =>
    untilAnswered(() => service.call('GET', `/users/${star.id}/followers?${query}`, { token: star.token }))
  const named = (n: bigint) => String(from + n)
  try {
    const last = await page('sort=username&count=2')
    expect(last.status, last.text).toBe(200)
    const names = Array.from({ length: 5_000 }, (_, n) => `fan${from + BigInt(n + 1)}`).sort()
    expect(idsOf(last)).toEqual(names.slice(0, 2).map((name) => name.slice(3)))
    const ties = await page('sort=followers&count=2')
    expect(idsOf(ties)).toEqual([named(5_000n), named(4_999n)])
    const one = await service.user()
    await service.follow(one, star)
    for (const sort of ['username', 'followers']) {
      for (const query of ['', '&count=0', '&q=fan', `&cursor=${last.body.meta.next_cursor}`]) {
        const answer = await page(`sort=${sort}${query}`)
        const other = sort === 'followers' && query.includes('cursor')
        expect([answer.status, answer.body.meta.error_slug]).toEqual([
          400,
          other ? 'bad-request' : 'list-too-long',
        ])
      }
    }
    expect(idsOf(await page('sort=oldest&count=2'))).toEqual([named(1n), named(2n)])
    const answer = await service.call('GET', `/users/${star.id}/following?sort=username`, {
      token: star.token,
    })
    expect(answer.body).toEqual({ data: [], meta: { code: 200, more: false } })
  } finally {
    await disperse(parts.graph, from, 5_000n)
  }
})
