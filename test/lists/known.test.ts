// What a service remembers for its pages (whom a viewer follows, profiles) is never shown after it has changed, whoever changed it.
import { afterAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { createFollowsMemory, type FollowsColumns } from '../../src/relations/known-follows.ts'
import { createApi } from '../../src/service.ts'
import { createProfileMemory, type ProfileColumns } from '../../src/users/remembered-profiles.ts'
import { startTestService } from '../support/service.ts'
import { changeOf, type Person } from './fixtures.ts'

vi.setConfig({ testTimeout: 30_000 })
const service = await startTestService()
const api = createApi(inject('neo4j'), { maxFollowing: null })
afterAll(() => api.graph.close())
const cypher = (text: string, params = {}) => api.graph.write('test', text, params, 20_000)

let [star, viewer, fans] = [{} as Person, {} as Person, [] as Person[]]
beforeEach(async () => {
  ;[star, viewer] = (await service.users(2)) as [Person, Person]
  fans = await service.users(4)
  for (const fan of fans) await change('POST', 'follow', fan, star)
})
const fan = (place: number) => fans[place] as Person
const change = changeOf(service)
type Shown = { id: string; name: string; you_follow: boolean; follows_you: boolean; you_blocked: boolean }
const page = async (count = 20): Promise<Shown[]> => {
  const answer = await service.call('GET', `/users/${star.id}/followers?count=${count}`, {
    token: viewer.token,
  })
  expect(answer.status).toBe(200)
  return answer.body.data
}
/** Which fans are shown as followed by the viewer, and which as following, by their places. */
const flags = async () => {
  const shown = new Map((await page()).map((user) => [user.id, user]))
  const places = (flag: 'you_follow' | 'follows_you') =>
    fans.flatMap(({ id }, place) => (shown.get(id)?.[flag] ? [place] : []))
  return { followed: places('you_follow'), following: places('follows_you') }
}
const none = { followed: [], following: [] }

/** Until the service knows the viewer's follows: from then on pages are asked for without the seeks. */
async function becomeKnown() {
  const asked = () =>
    Number(/database_seconds_count\{query="lists\/follows"[^}]*\} (\d+)/.exec(metrics)?.[1] ?? 0)
  let metrics = await (await fetch(`${new URL(service.url).origin}/metrics`)).text()
  const before = asked()
  await vi.waitFor(async () => {
    await page()
    metrics = await (await fetch(`${new URL(service.url).origin}/metrics`)).text()
    expect(asked()).toBeGreaterThan(before)
  }, 10_000)
  await page()
}

describe('whom the viewer follows', () => {
  it('is as it is after each change of the viewer or of others', async () => {
    await becomeKnown()
    expect(await flags()).toEqual(none)
    await change('POST', 'follow', viewer, fan(0))
    expect(await flags()).toEqual({ followed: [0], following: [] })
    await change('POST', 'follow', fan(1), viewer)
    await change('POST', 'follow', viewer, fan(2))
    expect(await flags()).toEqual({ followed: [0, 2], following: [1] })
    await change('DELETE', 'follow', viewer, fan(0))
    expect(await flags()).toEqual({ followed: [2], following: [1] })
    await change('DELETE', 'follow', fan(1), viewer)
    await change('POST', 'follow', fan(3), viewer)
    expect(await flags()).toEqual({ followed: [2], following: [3] })
    await change('POST', 'block', viewer, fan(3))
    expect(await flags()).toEqual({ followed: [2], following: [] })
    expect((await page()).find(({ id }) => id === fan(3).id)?.you_blocked).toBe(true)
  })

  it('is as it is where one follow went and another came, a moment before', async () => {
    await change('POST', 'follow', viewer, fan(0))
    await becomeKnown()
    for (let n = 0; n < 20; n += 1) {
      await Promise.all([
        change('DELETE', 'follow', viewer, fan(n % 4)),
        change('POST', 'follow', viewer, fan((n + 1) % 4)),
      ])
      expect((await flags()).followed).toEqual([(n + 1) % 4])
    }
  })

  it('is as it is where Cypher changed it', async () => {
    await change('POST', 'follow', viewer, fan(0))
    await becomeKnown()
    const ids = { a: BigInt(viewer.id), b: BigInt(fan(0).id), c: BigInt(fan(1).id) }
    await cypher('MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $a DELETE f', ids)
    expect(await flags()).toEqual(none)
    await change('POST', 'follow', viewer, fan(0))
    await becomeKnown()
    // One for another, with the same id: docs/analysts.md says what belongs into such a transaction.
    await cypher(
      `MATCH (a:User {id: $a})-[f:FOLLOWS]->(:User {id: $b}), (c:User {id: $c})
       WITH a, f, c, f.id AS id DELETE f
       CREATE (a)-[:FOLLOWS {id: id, follower_id: $a, followee_id: $c, followed_at: datetime()}]->(c)
       WITH 1 AS one MATCH (s:Sequence {name: 'relations'}) SET s.era = coalesce(s.era, timestamp()) + 1`,
      ids,
    )
    expect(await flags()).toEqual({ followed: [1], following: [] })
  })

  it('is counted with both users when it ends, by whichever road', async () => {
    const ended = async (person: Person) =>
      (
        await cypher('MATCH (u:User {id: $id}) RETURN coalesce(u.ended, 0)', { id: BigInt(person.id) })
      )[0]?.[0]
    const end = async (place: number, how: () => Promise<void>) => {
      await change('POST', 'follow', fan(place), viewer)
      const before = (await ended(viewer)) as bigint
      await how()
      expect([await ended(viewer), await ended(fan(place))]).toEqual([before + 1n, 1n])
    }
    await end(0, () => change('DELETE', 'follow', fan(0), viewer))
    await end(1, () => change('POST', 'block', viewer, fan(1)))
    await end(2, async () => {
      const path = `/users/me/followers/${fan(2).id}`
      expect((await service.call('DELETE', path, { token: viewer.token })).status).toBe(200)
    })
    // Where nothing ended nothing is counted.
    await change('DELETE', 'follow', fan(0), viewer)
    expect(await ended(fan(0))).toBe(1n)
  })

  it('is asked for, not remembered, of one who follows many', async () => {
    const loads: bigint[] = []
    const memory = createFollowsMemory(
      async (viewerId) => {
        loads.push(viewerId)
        if (viewerId === 1n) return null
        const followed: FollowsColumns[1][1] = [
          [5n, 7n],
          [6n, 8n],
        ]
        return ['e', [2n, followed], [0n, []]]
      },
      () => 0,
      1_000,
    )
    const settle = () => new Promise((resolve) => setImmediate(resolve))
    for (const id of [1n, 1n, 1n, 2n]) {
      expect(memory.get(id)).toBeUndefined()
      await settle()
    }
    expect(loads).toEqual([1n])
    memory.get(2n)
    await settle()
    const known = memory.get(2n)
    if (known === undefined) throw new Error('nothing is known')
    const told = (era: string, count: bigint, fresh: [bigint, bigint][]): FollowsColumns => [
      era,
      [count, fresh],
      [0n, []],
    ]
    expect(memory.holds(2n, known, told('e', 3n, [[9n, 4n]]))).toBe(true)
    // Another page that was asked for at the same time brings the same.
    expect(memory.holds(2n, known, told('e', 3n, [[9n, 4n]]))).toBe(true)
    expect([...known.followed.ids]).toEqual(['7', '8', '4'])
    expect(memory.holds(2n, known, told('e', 4n, []))).toBe(false)
    expect(memory.get(2n)).toBeUndefined()
  })
})

describe('a profile', () => {
  const named = async (place: number) => (await page()).find(({ id }) => id === fan(place).id)?.name
  const rename = async (place: number, name: string) => {
    const answer = await service.call('PATCH', '/users/me', { token: fan(place).token, json: { name } })
    expect(answer.status).toBe(200)
  }

  it('is shown as it is where it changes while texts are left out', async () => {
    // Enough looks at remembered ones that the service leaves the texts out; by ever other pages, or they would be told from memory.
    for (let n = 0; n < 1_100; n += 20)
      await Promise.all(Array.from({ length: 20 }, (_, more) => page(20 + more)))
    expect(await named(0)).toBe(fan(0).username)
    await rename(0, 'Ada')
    expect(await named(0)).toBe('Ada')
    await cypher("MATCH (u:User {id: $id}) SET u.name = 'By hand' REMOVE u.rendered, u.rendered_hash", {
      id: BigInt(fan(1).id),
    })
    expect(await named(1)).toBe('By hand')
    const [stranger] = (await service.users(1)) as [Person]
    await change('POST', 'follow', stranger, star)
    expect((await page()).map(({ id }) => id)).toEqual([stranger, ...fans.toReversed()].map(({ id }) => id))
  })

  it('is asked for again where it is not remembered, kept where it is, and left open where nobody is there', async () => {
    const asked: bigint[][] = []
    const text = (id: bigint) => `{"id":"${id}"`
    const memory = createProfileMemory(
      async (ids) => {
        asked.push(ids)
        return ids.filter((id) => id < 100n).map((id) => [id, id, [text(id), null, null]])
      },
      2 * (10 + 260),
    )
    const show = async (id: bigint, profile: string | null, hash: bigint | null = id) => {
      const columns: ProfileColumns = [id, hash, profile === null ? null : [profile, null, null]]
      await memory.complete([columns], 1_000)
      return columns[2]?.[0]
    }
    expect(memory.wanted).toBe(true)
    expect(await show(1n, text(1n))).toBe(text(1n))
    expect(await show(1n, null)).toBe(text(1n))
    expect(await show(1n, null, 5n)).toBe(text(1n))
    expect(asked).toEqual([[1n]])
    expect(await show(2n, text(2n))).toBe(text(2n))
    // Room for two; the second was not shown since it came.
    expect(await show(1n, null)).toBe(text(1n))
    expect(await show(3n, text(3n))).toBe(text(3n))
    expect(await show(200n, null)).toBeUndefined()
    asked.length = 0
    expect(await show(2n, null)).toBe(text(2n))
    expect(asked).toEqual([[2n]])
  })

  it('is asked for with its text as long as few are remembered', async () => {
    const memory = createProfileMemory(async (ids) => ids.map((id) => [id, id, ['x', null, null]]), 1_000_000)
    const look = async (from: bigint, times: number) => {
      for (let n = 0; n < times; n += 1)
        await memory.complete([[from + BigInt(n), 1n, ['x', null, null]]], 1_000)
    }
    await look(1n, 4_000)
    expect(memory.wanted).toBe(true)
    for (let n = 0; n < 4_000; n += 1) await look(9n, 1)
    expect(memory.wanted).toBe(false)
    await look(10_000n, 4_000)
    expect(memory.wanted).toBe(true)
  })
})
