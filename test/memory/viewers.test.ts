// The memory for pages (whom a viewer follows, profiles) is never out of date, whoever made the change.
import { afterAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { changeOf, type Person } from '../lists/fixtures.ts'
import { startTestService } from '../support/service.ts'

vi.setConfig({ testTimeout: 30_000 })
const service = await startTestService()
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(() => parts.graph.close())
const cypher = (text: string, params = {}) => parts.graph.write('test', text, params, 20_000)

let [star, viewer, fans] = [{} as Person, {} as Person, [] as Person[]]
beforeEach(async () => {
  ;[star, viewer] = (await service.users(2)) as [Person, Person]
  fans = await service.users(4)
  for (const fan of fans) await change('POST', 'follow', fan, star)
})
const fan = (place: number) => fans[place] as Person
const change = changeOf(service)
type Shown = {
  id: string
  name: string
  you_follow: boolean
  follows_you: boolean
  you_blocked: boolean
  you_requested?: boolean
  locked?: boolean
}
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
    Number(/database_seconds_count\{query="memory\/heads"[^}]*\} (\d+)/.exec(metrics)?.[1] ?? 0)
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
    // One for another, with the same id.
    await cypher(
      `MATCH (a:User {id: $a})-[f:FOLLOWS]->(:User {id: $b}), (c:User {id: $c})
       WITH a, f, c, f.id AS id DELETE f
       CREATE (a)-[:FOLLOWS {id: id, follower_id: $a, followee_id: $c, followed_at: datetime()}]->(c)`,
      ids,
    )
    expect(await flags()).toEqual({ followed: [1], following: [] })
  })
})

describe('whom the viewer has requested to follow', () => {
  const requested = async () => {
    const shown = await page()
    return fans.flatMap(({ id }, place) =>
      shown.some((user) => user.id === id && user.you_requested === true) ? [place] : [],
    )
  }
  const lock = (place: number, locked: boolean) =>
    service.call('PATCH', '/users/me', { token: fan(place).token, json: { locked } })

  it('is as it is after each change of the viewer or of others', async () => {
    await Promise.all([0, 1, 2].map((place) => lock(place, true)))
    await becomeKnown()
    expect(await requested()).toEqual([])
    expect((await page()).map(({ locked }) => locked)).toEqual([undefined, true, true, true])
    for (const place of [0, 1, 2]) await change('POST', 'follow', viewer, fan(place))
    expect(await requested()).toEqual([0, 1, 2])
    expect(await flags()).toEqual(none)
    await change('DELETE', 'follow', viewer, fan(0))
    expect(await requested()).toEqual([1, 2])
    const accepted = await service.call('POST', `/users/me/requests/${viewer.id}`, { token: fan(1).token })
    expect(accepted.status).toBe(200)
    expect([await requested(), (await flags()).followed]).toEqual([[2], [1]])
    await lock(2, false)
    expect([await requested(), (await page())[1]?.locked]).toEqual([[2], undefined])
    await change('POST', 'follow', viewer, fan(2))
    expect([await requested(), (await flags()).followed]).toEqual([[], [1, 2]])
    await change('POST', 'follow', viewer, fan(0))
    expect(await requested()).toEqual([0])
    await change('POST', 'block', fan(0), viewer)
    expect(await requested()).toEqual([])
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
    await cypher("MATCH (u:User {id: $id}) SET u.name = 'By hand' REMOVE u.rendered", {
      id: BigInt(fan(1).id),
    })
    expect(await named(1)).toBe('By hand')
    const [stranger] = (await service.users(1)) as [Person]
    await change('POST', 'follow', stranger, star)
    expect((await page()).map(({ id }) => id)).toEqual([stranger, ...fans.toReversed()].map(({ id }) => id))
  })
})
