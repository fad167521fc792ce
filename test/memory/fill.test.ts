// A read that overlaps a change is kept in memory only if the change does not concern it; the memory keeps within its size, and is emptied after writes that are not in the log.
// Long, because all of it needs the same graph, and reads that are held by the same means.
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_ROWS } from '../../src/memory/head.ts'
import type { Reads } from '../../src/memory/memory.ts'
import { FOLLOWS } from '../../src/relations/kinds.ts'
import { MAX_CURSOR } from '../../src/relations/page.ts'
import { importRelations } from '../../src/transfer/import/relations-into-graph.ts'
import { ownGraph } from '../support/own-graph.ts'
import { agree, memoryOn, type Person, shown, warm } from './held-reads.ts'

vi.setConfig({ testTimeout: 60_000 })
// The service of it is the other instance.
const graph = ownGraph()
const { cypher } = graph
const remembering = (most?: number) => memoryOn(graph, most)

let [star, viewer, fans] = [{} as Person, {} as Person, [] as Person[]]
beforeAll(async () => {
  // The first of a kind makes Neo4j note names, in transactions of its own.
  const [a, b] = [await graph.kit.createUser(), await graph.kit.createUser()]
  await graph.kit.follow(a, b)
})
beforeEach(async () => {
  star = await graph.kit.createUser()
  viewer = await graph.kit.createUser()
  fans = await Promise.all(Array.from({ length: 5 }, () => graph.kit.createUser()))
  for (const fan of fans.slice(0, 4)) await graph.kit.follow(fan, star)
})
const fan = (place: number) => fans[place] as Person

async function change(method: string, path: string, by: Person, json?: object) {
  const answer = await fetch(`${graph.kit.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${await graph.kit.tokenFor(by)}`, 'Content-Type': 'application/json' },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  expect(answer.status).toBe(200)
}

describe('a page that was read before a change and comes behind it', () => {
  const CHANGES: [what: string, make: () => Promise<unknown>][] = [
    ['a new follower', () => graph.kit.follow(fan(4), star)],
    ['one follower less', () => change('DELETE', `/users/${star.id}/follow`, fan(1))],
    ['the number of a follower', () => graph.kit.follow(fan(4), fan(2))],
    ['whom the viewer follows', () => graph.kit.follow(viewer, fan(2))],
    ['whom the viewer mutes', () => change('POST', `/users/${fan(2).id}/mute`, viewer)],
    ['who blocks the viewer', () => change('POST', `/users/${viewer.id}/block`, fan(3))],
    ['a name', () => change('PATCH', '/users/me', fan(0), { name: 'Ada' })],
    [
      'a name, by Cypher',
      () =>
        cypher("MATCH (u:User {id: $id}) SET u.rendered = replace(u.rendered, u.username, 'x')", {
          id: BigInt(fan(0).id),
        }),
    ],
    [
      'a follow deleted by Cypher',
      () => cypher('MATCH (:User {id: $id})-[f:FOLLOWS]->() DELETE f', { id: BigInt(fan(0).id) }),
    ],
  ]
  for (const [what, make] of CHANGES)
    for (const [which, name] of [
      ['page', /^lists\//],
      ['viewer', /^memory\//],
    ] as const)
      it(`is not kept without ${what} (the read of the ${which} is held)`, async () => {
        const one = remembering()
        // The viewer comes a first time, and the page never.
        await shown(one.begin(), fan(3), viewer, 'following')
        const { reached, free } = one.hold(name)
        const early = shown(one.begin(), star, viewer)
        await reached
        await make()
        free()
        await early
        for (let n = 0; n < 4; n += 1) await agree(one, star, viewer)
        await warm(one, star, viewer)
      })

  it('is kept where the change is of others', async () => {
    const one = remembering()
    await warm(one, fan(0), null, 'following')
    const { reached, free } = one.hold(/^lists\//)
    const early = shown(one.begin(), star, null)
    await reached
    const [a, b] = [await graph.kit.createUser(), await graph.kit.createUser()]
    await graph.kit.follow(a, b)
    free()
    await early
    const { hit } = one.counts
    await shown(one.begin(), star, null)
    expect(one.counts.hit).toBe(hit + 1)
  })
})

it('a token that was read before it was revoked is not kept', async () => {
  const one = remembering()
  const token = await graph.kit.tokenFor(viewer)
  await warm(one, star, null)
  const { reached, free } = one.hold(/^tokens\//)
  const early = one.begin().tokens.find(token)
  await reached
  await fetch(`${graph.kit.url}/token`, { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } })
  free()
  await early
  for (let n = 0; n < 3; n += 1) await expect(one.begin().tokens.find(token)).rejects.toThrow('revoked')
})

it('two memories show the same, whatever the other instance changes', async () => {
  const [one, two] = [remembering(), remembering()]
  for (const each of [one, two]) await warm(each, star, viewer)
  const hits = one.counts.hit
  for (let n = 0; n < 5; n += 1) {
    await graph.kit.follow(fan(4), star)
    expect(await shown(one.begin(), star, viewer)).toEqual(await shown(two.begin(), star, viewer))
    await change('DELETE', `/users/${star.id}/follow`, fan(4))
    await graph.kit.follow(viewer, fan(n % 4))
    const page = await shown(two.begin(), star, viewer)
    expect(page).toEqual(await shown(one.begin(), star, viewer))
    expect(page).toEqual(await shown(one.plain, star, viewer))
    await change('DELETE', `/users/${fan(n % 4).id}/follow`, viewer)
  }
  expect(one.counts.hit).toBeGreaterThan(hits + 4)
})

it('pages that are shown one after the other make up the list, and older ones join', async () => {
  const one = remembering()
  const request = { before: MAX_CURSOR, since: 0n, count: 2 }
  const asked = {
    list: 'followers',
    userId: BigInt(star.id),
    viewerId: null,
    form: { viewer: false, annotations: false },
  }
  const walk = async (reads: () => Reads) => {
    const ids: unknown[] = []
    for (let before = MAX_CURSOR; ; ) {
      const page = await reads().lists.page({ ...asked, request: { ...request, before } })
      const rows = page?.rows.slice(0, 2) ?? []
      ids.push(...rows.map(([, id, , user]) => [id, user]))
      if (rows.length < 2) return ids
      before = rows.at(-1)?.[1] as bigint
    }
  }
  const whole = await walk(() => one.plain)
  await warm(one, fan(0), null, 'following')
  expect(await walk(one.begin)).toEqual(whole)
  const { miss } = one.counts
  expect(await walk(one.begin)).toEqual(whole)
  expect(one.counts.miss).toBe(miss)
  // And now all ids are a whole head.
  const pieces: string[] = []
  const all = await one.begin().ids.all('followers', BigInt(star.id))
  for await (const piece of all?.ids ?? []) pieces.push(piece)
  expect(pieces.join()).toBe(`"${[3, 2, 1, 0].map((n) => fan(n).id).join('","')}"`)
  expect(one.counts.miss).toBe(miss)
})

describe('is emptied', () => {
  it('by an import, batch by batch', async () => {
    const one = remembering()
    await warm(one, star, viewer)
    await importRelations(
      graph.parts,
      FOLLOWS,
      'file',
      (async function* () {
        yield [{ follower_id: BigInt(fan(4).id), followee_id: BigInt(star.id) }]
      })(),
      {
        knownUsers: true,
        changing: async () => undefined,
        bad: ({ reason }) => expect.fail(reason),
        began: 2n ** 62n,
      },
      { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 },
    )
    expect(await agree(one, star, viewer)).toHaveLength(5)
  })

  it('by an entry of the log that somebody deleted', async () => {
    const one = remembering()
    await warm(one, star, viewer)
    await graph.kit.follow(fan(4), star)
    await cypher('MATCH (s:Sequence) MATCH (l:Log {ordinal: s.ordinal}) DELETE l')
    expect(await agree(one, star, viewer)).toHaveLength(5)
    await warm(one, star, viewer)
  })

  it('by what Cypher did in one transaction with what services did', async () => {
    const one = remembering()
    await warm(one, star, viewer)
    await cypher(
      `MATCH (:User {id: $a})-[f:FOLLOWS]->(b:User {id: $b}), (c:User {id: $c}) WITH f, b, c, properties(f) AS p DELETE f
       CREATE (c)-[g:FOLLOWS]->(b) SET g = p, g.follower_id = c.id`,
      { a: BigInt(fan(0).id), b: BigInt(star.id), c: BigInt(fan(4).id) },
    )
    await graph.kit.follow(viewer, fan(4))
    expect(await agree(one, star, viewer)).toHaveLength(4)
  })

  it('by a reset of the whole graph', async () => {
    const one = remembering()
    await warm(one, star, viewer)
    await graph.kit.reset()
    expect(await shown(one.begin(), star, viewer)).toBeNull()
    expect(one.memory.cache.bytes).toBeLessThan(1_000)
  })
})

it('keeps within its size, and answers the same', async () => {
  const most = 16_000
  const one = remembering(most)
  const people = [star, viewer, ...fans]
  for (let n = 0; n < 60; n += 1) {
    const [a, b] = [people[n % people.length] as Person, people[(n * 3) % people.length] as Person]
    await agree(one, a, b)
    await agree(one, a, null, 'following')
    expect(one.memory.cache.bytes).toBeLessThanOrEqual(most)
    if (n % 7 === 0 && a !== b) await graph.kit.follow(a, b)
  }
  expect(one.counts.hit).toBeGreaterThan(0)
})

describe('a viewer', () => {
  it('whose relations are too many is looked for in the graph each time', async () => {
    const one = remembering()
    await cypher(
      `MATCH (v:User {id: $id}) UNWIND range(1, $most) AS n
       CREATE (v)-[:FOLLOWS {id: n, follower_id: v.id, followee_id: -n, followed_at: datetime()}]->(:Crowd)`,
      { id: BigInt(viewer.id), most: BigInt(MAX_ROWS + 1) },
    )
    for (let n = 0; n < 5; n += 1) await agree(one, star, viewer)
    expect(one.counts.hit).toBe(0)
    await cypher('MATCH (c:Crowd) DETACH DELETE c')
    await warm(one, star, viewer)
  })

  it('who follows in Cypher without an id is looked for in the graph each time', async () => {
    const one = remembering()
    await cypher(
      'MATCH (a:User {id: $a}), (b:User {id: $b}) CREATE (a)-[:FOLLOWS {follower_id: $a, followee_id: $b}]->(b)',
      {
        a: BigInt(viewer.id),
        b: BigInt(fan(1).id),
      },
    )
    for (let n = 0; n < 5; n += 1) await agree(one, star, viewer)
    expect(one.counts.hit).toBe(0)
  })
})
