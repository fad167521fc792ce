// Lists and exports that are read while others unfollow are complete. Neo4j ends a scan of an index at a relationship that is deleted but
// still in the index (docs/decisions/009), so the service reads a short page again from the other end.
import { afterAll, expect, inject, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { FOLLOWS } from '../../src/relations/kinds.ts'
import { relationPages } from '../../src/transfer/walk.ts'
import { type Person, people } from '../lists/fixtures.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(() => parts.graph.close())
const SECONDS = 3
const READS = 30
const MANY = 120

// Many in one transaction: the more a commit removes from the index, the longer some of them are deleted but still in it.
const COME = `MERGE (s:Sequence {name: 'relations'}) SET s.value = coalesce(s.value, 0) + size($pairs) WITH s.value - size($pairs) AS base
UNWIND range(1, size($pairs)) AS n
MATCH (a:User {id: $pairs[n - 1][0]}), (b:User {id: $pairs[n - 1][1]})
CREATE (a)-[:FOLLOWS {id: base + n, follower_id: a.id, followee_id: b.id, followed_at: datetime()}]->(b)`
const GO = `UNWIND $pairs AS pair
MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = pair[0] AND f.followee_id = pair[1] DELETE f`

type Pairs = [from: string, to: string][]
const bigs = (pairs: Pairs) => ({ pairs: pairs.map((pair) => pair.map(BigInt)) })

/** Reads while these pairs are followed and unfollowed again; every read must contain all constant ids. */
async function beside(pairs: Pairs, constant: string[], readers: (() => Promise<Set<string> | null>)[]) {
  const short: string[] = []
  let [busy, rounds, reads] = [true, 0, 0]
  const writer = (async () => {
    for (; busy; rounds += 1) {
      await parts.graph.write('test', COME, bigs(pairs), 20_000)
      await parts.graph.write('test', GO, bigs(pairs), 20_000)
    }
  })()
  const began = performance.now()
  // A slow machine gets more time, because too few reads prove nothing.
  const enough = () => {
    const seconds = (performance.now() - began) / 1_000
    return seconds > 5 * SECONDS || (seconds > SECONDS && reads >= READS)
  }
  const lane = async (read: () => Promise<Set<string> | null>, n: number) => {
    while (!enough()) {
      const seen = await read()
      if (seen === null) continue
      const missing = constant.filter((one) => !seen.has(one)).length
      if (missing > 0) short.push(`reader ${n}: ${missing} of ${constant.length} missing`)
      reads += 1
    }
  }
  try {
    await Promise.all(readers.map(lane))
  } finally {
    busy = false
    await writer
  }
  expect(short).toEqual([])
  expect(reads).toBeGreaterThanOrEqual(READS)
  expect(rounds).toBeGreaterThan(1)
}

const [owner, viewer] = (await service.users(2)) as [Person, Person]
// Created first, so that their ids are lower: an export reads their follows before those of the constant users.
const fleeting = await people(service, MANY)
const constant = (await people(service, 60)).map(({ id }) => id)
const many = (ids: string[], pair: (id: string) => Pairs[0]) =>
  parts.graph.write('test', COME, bigs(ids.map(pair)), 20_000)
await many(constant, (id) => [id, owner.id])
const fleetingFollowers = fleeting.map(({ id }): Pairs[0] => [id, owner.id])
const fleetingFollows = fleeting.map(({ id }): Pairs[0] => [owner.id, id])

/** A reader of a list: returns its ids, and checks that the list ends where it ends now, without writers. */
const list = async (path: string, token = owner.token) => {
  const ask = () => service.call('GET', `/users/${owner.id}/${path}`, { token })
  const end = ({ meta }: { meta: { more?: boolean; min_id?: string } }) => [meta.more, meta.min_id]
  const atRest = end((await ask()).body)
  return async () => {
    const { status, body } = await ask()
    // On a busy machine a query may exceed its timeout; but an answer of 200 must be complete.
    if (status === 503) return null
    expect([status, ...end(body)]).toEqual([200, ...atRest])
    return new Set(
      (body.data as (string | { id: string })[]).map((one) => (typeof one === 'string' ? one : one.id)),
    )
  }
}
const all = (paths: string[], token?: string) => Promise.all(paths.map((path) => list(path, token)))

it('lists show every constant follow, as pages and as ids, while newer ones are made and deleted', async () => {
  const paths = ['followers?count=200', 'followers?count=-200', 'followers/ids', 'followers/ids?count=200']
  await beside(fleetingFollowers, constant, await all(paths))
}, 60_000)

it('an export has every constant follow, while others before them are made and deleted', async () => {
  const reader = async () => {
    const seen = new Set<string>()
    for await (const { from, to } of relationPages(parts, FOLLOWS))
      from.forEach((id, n) => {
        if (to[n] === BigInt(owner.id)) seen.add(String(id))
      })
    return seen
  }
  await beside(fleetingFollowers, constant, [reader, reader])
}, 60_000)

it('followers/unreciprocated is complete while newer follows are made and deleted', async () => {
  const paths = ['followers/unreciprocated?count=200', 'followers/unreciprocated?count=-200']
  await beside(fleetingFollowers, constant, await all(paths))
}, 60_000)

it('followers/known is complete, with either plan of the query, while newer follows are made and deleted', async () => {
  await many(constant, (id) => [viewer.id, id])
  // The viewer follows fewer users than the owner has followers, so the query starts with those whom the viewer follows.
  const readers = await all(['followers/known?count=200', 'followers/known?count=-200'], viewer.token)
  await beside(fleetingFollowers, constant, readers)
  // Now the viewer follows more, so the query starts with the owner's followers.
  const crowd = (await people(service, 2 * MANY)).map(({ id }) => id)
  await many(crowd, (id) => [viewer.id, id])
  await beside(fleetingFollowers, constant, readers)
}, 120_000)

it('mutuals and following/unreciprocated are complete while newer follows are made and deleted', async () => {
  await many(constant, (id) => [owner.id, id])
  await beside(fleetingFollows, constant, await all(['mutuals?count=200', 'mutuals?count=-200']))
  await parts.graph.write('test', GO, bigs(constant.map((id) => [id, owner.id])), 20_000)
  const paths = ['following/unreciprocated?count=200', 'following/unreciprocated?count=-200']
  await beside(fleetingFollows, constant, await all(paths))
}, 120_000)
