// A page from memory is never out of date, whoever made the change (docs/decisions/013); and what Neo4j's bookmarks say.
import neo4j from 'neo4j-driver'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { changeOf, type Person } from '../lists/fixtures.ts'
import { random } from '../support/random.ts'
import { readerOf } from '../support/reader.ts'
import { lanes } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'

vi.setConfig({ testTimeout: 60_000 })
const service = await startTestService()
const other = await startTestService()
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(() => parts.graph.close())
const cypher = (text: string, params = {}) => parts.graph.write('test', text, params, 20_000)
const change = changeOf(service)
const elsewhere = changeOf(other)
const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31))

const { read, readAnew, counted, warm } = readerOf(service)

describe('a page from memory', () => {
  let [star, viewer, fans] = [{} as Person, {} as Person, [] as Person[]]
  let [followers, following] = ['', '']
  beforeAll(async () => {
    ;[star, viewer, ...fans] = (await service.users(14)) as [Person, Person, ...Person[]]
    for (const fan of fans.slice(0, 9)) await change('POST', 'follow', fan, star)
    for (const fan of fans.slice(0, 6)) await change('POST', 'follow', star, fan)
    ;[followers, following] = [`/users/${star.id}/followers`, `/users/${star.id}/following`]
  })
  const fan = (place: number) => fans[place] as Person
  const ids = (...people: Person[]) => Object.fromEntries(people.map(({ id }, n) => [`id${n}`, BigInt(id)]))
  const patch = async (at: typeof service, who: Person, name: string) => {
    expect((await at.call('PATCH', '/users/me', { token: who.token, json: { name } })).status).toBe(200)
  }

  // A page that shows a user whom Cypher left without a rendered profile is read each time.
  const APART = 'apart'
  const CHANGES: [what: string, make: () => Promise<unknown>, apart?: string][] = [
    ['a new follower', () => change('POST', 'follow', fan(9), star)],
    ['a new follower, at another service', () => elsewhere('POST', 'follow', fan(10), star)],
    ['one follower less', () => change('DELETE', 'follow', fan(0), star)],
    ['one follower less, at another service', () => elsewhere('DELETE', 'follow', fan(1), star)],
    [
      'one follower less, removed without a block',
      async () => {
        const removed = await service.call('DELETE', `/users/me/followers/${fan(7).id}`, {
          token: star.token,
        })
        expect(removed.status).toBe(200)
      },
    ],
    ['the number of a follower', () => change('POST', 'follow', fan(11), fan(2))],
    ['the number of a follower, at another service', () => elsewhere('POST', 'follow', fan(11), fan(3))],
    ['whom the viewer follows', () => change('POST', 'follow', viewer, fan(4))],
    ['whom the viewer follows, at another service', () => elsewhere('POST', 'follow', viewer, fan(5))],
    ['who follows the viewer', () => change('POST', 'follow', fan(4), viewer)],
    ['whom the viewer mutes', () => change('POST', 'mute', viewer, fan(2))],
    ['whom the viewer mutes no more', () => change('DELETE', 'mute', viewer, fan(2))],
    ['whom the viewer blocks, at another service', () => elsewhere('POST', 'block', viewer, fan(3))],
    [
      'whom the viewer blocks no more, at another service',
      () => elsewhere('DELETE', 'block', viewer, fan(3)),
    ],
    ['who blocks the viewer', () => change('POST', 'block', fan(5), viewer)],
    ['who blocks the viewer no more', () => change('DELETE', 'block', fan(5), viewer)],
    ['a name', () => patch(service, fan(2), 'Ada')],
    ['a name, at another service', () => patch(other, fan(3), 'Bertha')],
    [
      'a name, by Cypher',
      () => cypher("MATCH (u:User {id: $id0}) SET u.name = 'Cora' REMOVE u.rendered", ids(fan(5))),
    ],
    ['a name after that', () => patch(service, fan(5), 'Dora'), APART],
    [
      'a follow made by Cypher',
      () =>
        cypher(
          `MATCH (a:User {id: $id0}), (b:User {id: $id1}), (s:Sequence {name: 'relations'}) SET s.value = s.value + 1
           CREATE (a)-[:FOLLOWS {id: s.value, follower_id: a.id, followee_id: b.id, followed_at: datetime()}]->(b)`,
          ids(fan(11), star),
        ),
    ],
    [
      'a follow that Cypher deleted',
      () => cypher('MATCH (:User {id: $id0})-[f:FOLLOWS]->(:User {id: $id1}) DELETE f', ids(fan(2), star)),
    ],
    [
      'a follow that Cypher gave to another, id and all',
      () =>
        cypher(
          `MATCH (:User {id: $id0})-[f:FOLLOWS]->(b:User {id: $id1}), (c:User {id: $id2}) WITH f, b, c, properties(f) AS p DELETE f
           CREATE (c)-[g:FOLLOWS]->(b) SET g = p, g.follower_id = c.id`,
          ids(fan(4), star, fan(0)),
        ),
    ],
    [
      'a follower who is deleted, at another service',
      async () => other.call('DELETE', `/users/${fan(6).id}`, { token: await other.appToken() }),
    ],
  ]
  for (const [what, make, apart] of CHANGES)
    it(`shows ${what}`, async () => {
      const seen = apart === APART ? read : warm
      const before = [await seen(followers, viewer.token), await seen(following, viewer.token)]
      await seen(followers, viewer.token)
      await make()
      const after = [await read(followers, viewer.token), await read(following, viewer.token)]
      expect(after).not.toEqual(before)
      expect(after).toEqual([
        await readAnew(followers, viewer.token),
        await readAnew(following, viewer.token),
      ])
    })

  it('is not told of a token that was revoked at another service', async () => {
    const token = await service.tokenFor(viewer)
    await warm(followers, token)
    expect((await other.call('DELETE', '/token', { token })).status).toBe(200)
    expect((await service.call('GET', followers, { token })).status).toBe(401)
  })

  it('is not told of a user who was deleted at another service', async () => {
    await warm(followers, viewer.token)
    await other.call('DELETE', `/users/${star.id}`, { token: await other.appToken() })
    expect((await service.call('GET', followers, { token: viewer.token })).status).toBe(404)
  })
})

// By another road: at another service, or by Cypher, which empties the memory.
it.each([0, 1, 30])(
  'what is read after a change has it, %i of 100 by another road, while others change theirs',
  async (others) => {
    const next = random(seed)
    const [LANES, EACH] = [6, 60]
    const crowds = await Promise.all(Array.from({ length: LANES }, () => service.users(6)))
    const before = await counted()
    await lanes(LANES, LANES, async (_, lane) => {
      const [owner, viewer, ...fans] = crowds[lane] as [Person, Person, ...Person[]]
      const path = `/users/${owner.id}/followers`
      const followed = new Set<string>()
      const order: string[] = []
      for (let n = 0; n < EACH; n += 1) {
        // Some are asked for again, so that there is something to remember.
        for (let again = 0; again < 3; again += 1) await read(path, viewer.token)
        const fan = fans[Math.floor(next() * fans.length)] as Person
        const [whom, list] = next() < 0.5 ? [owner, order] : [fan, followed]
        const road = next() < others / 100 ? next() : 1
        // Asked for beside the change, these may be answered before it or after: none of it may stay.
        const beside = [read(path, viewer.token), read(path, viewer.token)]
        if (list === order) {
          const wish = !order.includes(fan.id)
          if (wish) order.unshift(fan.id)
          else order.splice(order.indexOf(fan.id), 1)
          if (road < 0.5 && !wish)
            await cypher('MATCH (:User {id: $a})-[f:FOLLOWS]->(:User {id: $b}) DELETE f', {
              a: BigInt(fan.id),
              b: BigInt(owner.id),
            })
          else await (road === 1 ? change : elsewhere)(wish ? 'POST' : 'DELETE', 'follow', fan, whom)
        } else {
          const wish = !followed.delete(fan.id)
          if (wish) followed.add(fan.id)
          await (road === 1 ? change : elsewhere)(wish ? 'POST' : 'DELETE', 'follow', viewer, whom)
        }
        const shown = await read(path, viewer.token)
        await Promise.all(beside)
        const [top] = shown
        if (top !== undefined) {
          const back = await read(`${path}?before_id=${top.pagination_id}&count=2`, viewer.token)
          expect(
            back.map(({ id }) => id),
            `${seed}`,
          ).toEqual(order.slice(1, 3))
        }
        expect(
          shown.map(({ id, you_follow, counts }) => [id, you_follow, counts]),
          `${seed}`,
        ).toEqual(
          order.map((id) => [
            id,
            followed.has(id),
            { following: 1, followers: followed.has(id) ? 1 : 0, posts: 0, stars: 0 },
          ]),
        )
      }
    })
    if (others < 30) expect((await counted()).hit).toBeGreaterThan(before.hit + 100)
  },
)

it("Neo4j's bookmarks name the newest transaction, whoever asks, and their ids have no gaps", async () => {
  const { uri, username = 'neo4j', password } = inject('neo4j')
  const driver = neo4j.driver(uri, neo4j.auth.basic(username, password))
  const asked = async (text: string) => {
    const session = driver.session({ database: 'neo4j' })
    try {
      await session.run(text)
      return session.lastBookmarks()[0] as string
    } finally {
      await session.close()
    }
  }
  // As src/graph/bookmark.ts reads it: the last number of the bookmark, before the byte that ends it.
  const idOf = (bookmark: string) => {
    const bytes = Buffer.from(bookmark.slice(3), 'base64')
    const size = { 201: 2, 202: 4 }[bytes[19] as number] as number
    expect(bytes).toHaveLength(21 + size)
    return bytes.readIntBE(20, size)
  }
  try {
    await asked('MERGE (c:Counted {n: 0})')
    // A service that plans its statements meanwhile commits as well: counted again, as long as a round may take.
    await vi.waitFor(async () => {
      const first = await asked('RETURN 1')
      for (let n = 1; n <= 20; n += 1) {
        const written = await asked(`MERGE (c:Counted {n: 0}) SET c.value = ${n}`)
        expect(idOf(written) - idOf(first)).toBe(n)
        expect(await asked('RETURN 1')).toBe(written)
      }
      await Promise.all(Array.from({ length: 8 }, (_, n) => asked(`CREATE (c:Counted {n: ${n + 1}})`)))
      expect(idOf(await asked('RETURN 1')) - idOf(first)).toBe(28)
    }, 30_000)
  } finally {
    await asked('MATCH (c:Counted) DELETE c')
    await driver.close()
  }
})
