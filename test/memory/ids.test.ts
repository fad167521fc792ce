// A list of ids from memory is never out of date, whoever made the change.
import { afterAll, beforeEach, expect, inject, it, vi } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { FOLLOWS } from '../../src/relations/kinds.ts'
import { importRelations } from '../../src/transfer/import/relations-into-graph.ts'
import { changeOf, type Person } from '../lists/fixtures.ts'
import { startTestService } from '../support/service.ts'

vi.setConfig({ testTimeout: 30_000 })
const service = await startTestService()
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(() => parts.graph.close())
const cypher = (text: string, params = {}) => parts.graph.write('test', text, params, 20_000)

let [owner, crowd] = [{} as Person, [] as Person[]]
beforeEach(async () => {
  owner = await service.user()
  crowd = await service.users(6)
  for (const person of crowd.slice(0, 4)) await follow(person)
  expect(await read()).toEqual(ids(3, 2, 1, 0))
  expect(await read()).toEqual(ids(3, 2, 1, 0))
})
const change = changeOf(service)
const follow = (by: Person) => change('POST', 'follow', by, owner)
const unfollow = (by: Person) => change('DELETE', 'follow', by, owner)
const person = (place: number) => crowd[place] as Person
const ids = (...places: number[]) => places.map((place) => person(place).id)
const read = async (list = 'followers', whom = owner, query = ''): Promise<string[]> => {
  const path = `/users/${whom.id}/${list}/ids${query}`
  const answer = await service.call('GET', path, { token: owner.token })
  expect(answer.status).toBe(200)
  return answer.body.data
}

it('has a new follow in front, and keeps what was there', async () => {
  await follow(person(4))
  expect(await read()).toEqual(ids(4, 3, 2, 1, 0))
  await follow(person(5))
  expect(await read('followers', owner, '?include_annotations=1')).toEqual(ids(5, 4, 3, 2, 1, 0))
  expect(await read('following', person(5))).toEqual([owner.id])
})

it('has lost an unfollow, at either end and where as many came as went', async () => {
  await unfollow(person(3))
  expect(await read()).toEqual(ids(2, 1, 0))
  await unfollow(person(0))
  await follow(person(4))
  expect(await read()).toEqual(ids(4, 2, 1))
  await unfollow(person(4))
  await follow(person(4))
  expect(await read()).toEqual(ids(4, 2, 1))
})

it('has lost whom the owner blocks, and who is deleted', async () => {
  await change('POST', 'block', owner, person(2))
  expect(await read()).toEqual(ids(3, 1, 0))
  const gone = await service.call('DELETE', `/users/${person(1).id}`, { token: await service.appToken() })
  expect(gone.status).toBe(200)
  await vi.waitFor(async () => expect(await read()).toEqual(ids(3, 0)), 10_000)
})

it('knows what was done by Cypher', async () => {
  const pair = { a: BigInt(person(1).id), b: BigInt(owner.id) }
  const [row] = await cypher(
    'MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $a AND f.followee_id = $b WITH f, f.id AS id DELETE f RETURN id',
    pair,
  )
  expect(await read()).toEqual(ids(3, 2, 0))
  await cypher(
    `MATCH (a:User {id: $a}), (b:User {id: $b})
     CREATE (a)-[:FOLLOWS {id: $id, follower_id: a.id, followee_id: b.id, followed_at: datetime()}]->(b)`,
    { ...pair, id: row?.[0] },
  )
  expect(await read()).toEqual(ids(3, 2, 1, 0))
})

it('knows an import that gives an old id to a new follow, where one was ended meanwhile', async () => {
  const find = 'MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $a AND f.followee_id = $b RETURN f.id'
  const [row] = await cypher(find, { a: BigInt(person(1).id), b: BigInt(owner.id) })
  await unfollow(person(1))
  const record = { follower_id: BigInt(person(5).id), followee_id: BigInt(owner.id), id: row?.[0] as bigint }
  // Read in the era of the import's own transaction, when it differs in nothing but who follows.
  expect(await read()).toEqual(ids(3, 2, 0))
  await cypher('MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $a AND f.followee_id = $b DELETE f', {
    a: BigInt(person(0).id),
    b: BigInt(owner.id),
  })
  await importRelations(
    parts,
    FOLLOWS,
    'file',
    (async function* () {
      yield [record]
    })(),
    {
      knownUsers: true,
      changing: async () => undefined,
      bad: ({ reason }) => expect.fail(reason),
      began: 2n ** 62n,
    },
    { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 },
  )
  expect(await read()).toEqual(ids(3, 2, 5))
})

it('is right after every change of many, read by four others all the while', async () => {
  let busy = true
  const others = Array.from({ length: 4 }, async () => {
    while (busy) await read()
  })
  const standing = new Set(ids(0, 1, 2, 3))
  try {
    for (let n = 0; n < 30; n += 1) {
      const [leaves, comes] = [person(n % 6), person((n + 4) % 6)]
      await Promise.all([unfollow(leaves), follow(comes)])
      standing.delete(leaves.id)
      standing.add(comes.id)
      expect(new Set(await read())).toEqual(standing)
    }
  } finally {
    busy = false
    await Promise.all(others)
  }
})
