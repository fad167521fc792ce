// What is read while follows are undone is never cut short, list or export: Neo4j ends a walk of an index at a relationship that
// is deleted already and still in the index (docs/decisions/009), so a short page is checked from its other end.
import { afterAll, expect, inject, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { createApi } from '../../src/service.ts'
import { relationPages } from '../../src/transfer/from-graph.ts'
import { FOLLOWS } from '../../src/transfer/relation.ts'
import { people } from '../lists/fixtures.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const api = createApi(inject('neo4j'), readConfig({}))
afterAll(() => api.graph.close())
const SECONDS = 5
const READS = 30
const MANY = 130

// Many in one transaction: the more a commit takes out of the index, the longer some are deleted and still in it. One user stands for all
// their followers.
const COME = `MATCH (owner:User {id: $owner}), (source:User {id: $source})
MERGE (s:Sequence {name: 'relations'}) SET s.value = coalesce(s.value, 0) + ${MANY} WITH owner, source, s.value - ${MANY} AS base
UNWIND range(1, ${MANY}) AS n
CREATE (source)-[:FOLLOWS {id: base + n, follower_id: $first + n, followee_id: $owner, followed_at: datetime()}]->(owner)`
const GO = 'MATCH (:User {id: $source})-[f:FOLLOWS]->(:User {id: $owner}) DELETE f'

/** Reads, one after the other by each reader, while many follows come and go; answers what was found missing and how often was read. */
async function beside(
  { id, constant }: { id: string; constant: string[] },
  first: bigint,
  readers: (() => Promise<Set<string> | null>)[],
) {
  const source = await service.user()
  const ends = { owner: BigInt(id), source: BigInt(source.id) }
  const short: string[] = []
  let [busy, rounds, reads] = [true, 0, 0]
  const writer = (async () => {
    for (; busy; rounds += 1) {
      await api.graph.write('test', COME, { ...ends, first }, 20_000)
      await api.graph.write('test', GO, ends, 20_000)
    }
  })()
  const began = performance.now()
  // A slow machine gets longer, for too few reads say nothing.
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

async function followed() {
  const owner = await service.user()
  const constant = await people(service, 60)
  for (const { id } of constant) await service.follow(id, owner)
  return { ...owner, constant: constant.map(({ id }) => id) }
}

it('shows every constant follow, as pages and as ids, while others come and go above them', async () => {
  const owner = await followed()
  const reader = (list: string) => async () => {
    const { status, body } = await service.call('GET', `/users/${owner.id}/${list}`, { token: owner.token })
    // A busy machine may be too slow for a query's deadline; an answer must be whole.
    if (status === 503) return null
    expect(status).toBe(200)
    return new Set(
      (body.data as (string | { id: string })[]).map((one) => (typeof one === 'string' ? one : one.id)),
    )
  }
  const lists = ['followers?count=200', 'followers?count=-200', 'followers/ids', 'followers?count=200']
  await beside(owner, 4_000_000_000_000n, lists.map(reader))
}, 60_000)

it('exports every constant follow, while others come and go before them', async () => {
  const owner = await followed()
  const reader = async () => {
    const seen = new Set<string>()
    for await (const { from, to } of relationPages(api, FOLLOWS))
      from.forEach((id, n) => {
        if (to[n] === BigInt(owner.id)) seen.add(String(id))
      })
    return seen
  }
  await beside(owner, 0n, [reader, reader])
}, 60_000)
