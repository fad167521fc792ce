// Three processes of `serve` on one database and one Redis, written through all at once: what may not depend on which of them was asked.
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, inject, it } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import { cleanUp, type Program, serve } from '../faults/built.ts'
import { freePort } from '../support/free-port.ts'
import { random } from '../support/random.ts'
import { lanes, measured } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import { endRedis, startRedis } from './redis.ts'

const CHANGES = 1_000
const WRITES = 300
const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31))
const port = await freePort()
const redis = await startRedis(port)
// Makes users; nothing is changed through it while the three are written to.
const direct = await startTestService()
const graph = openGraph(inject('neo4j'))
const { uri, password } = inject('neo4j')
const programs: Program[] = await Promise.all(
  [0, 1, 2].map(() =>
    serve({
      NEO4J_URI: uri,
      NEO4J_PASSWORD: password,
      REDIS_URL: `redis://127.0.0.1:${port}`,
      RATE_LIMIT: `read=1000000/3600,write=${WRITES}/60,anonymous=50/60`,
      LOG_LEVEL: 'warn',
    }),
  ),
)
afterAll(async () => {
  cleanUp()
  await graph.close()
  await endRedis(redis)
})

type Person = { id: string; token: string }

/** One request to instance `at`, counted on from any number. */
async function ask(at: number, method: string, path: string, token: string) {
  const answer = await fetch(`${programs[at % 3]?.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}` },
  })
  // biome-ignore lint/suspicious/noExplicitAny: bodies of several shapes; what is expected of them is the assertion
  const body = (await answer.json()) as any
  return { status: answer.status, headers: answer.headers, data: body.data, meta: body.meta }
}

const follow = (at: number, wish: boolean, target: Person, { token }: Person) =>
  ask(at, wish ? 'POST' : 'DELETE', `/users/${target.id}/follow`, token)

/** Reads on from `since` to the end of a list; each id must be greater than the one before. */
async function poll(at: number, owner: Person, since: bigint, heard: (id: string, cursor: bigint) => void) {
  let last = since
  for (;;) {
    const { status, data } = await ask(
      at,
      'GET',
      `/users/${owner.id}/followers?since_id=${last}&count=-20`,
      owner.token,
    )
    expect(status).toBe(200)
    for (const one of [...data].reverse() as { id: string; pagination_id: string }[]) {
      const cursor = BigInt(one.pagination_id)
      expect(cursor > last, `${cursor} after ${last}`).toBe(true)
      last = cursor
      heard(one.id, cursor)
    }
    if (data.length < 20) return last
  }
}

/** The follows that stand, as the graph has them. */
async function edgesTo(targets: Person[]): Promise<{ pair: string; id: string }[]> {
  const rows = await graph.read(
    'test',
    'MATCH (a:User)-[f:FOLLOWS]->(b:User) WHERE b.id IN $ids RETURN a.id AS follower, b.id AS followee, f.id AS id',
    { ids: targets.map(({ id }) => BigInt(id)) },
  )
  return rows.map(([follower, followee, id]) => ({ pair: `${follower}>${followee}`, id: String(id) }))
}

it('three instances write the same pairs: one relationship a pair, ids in commit order, exact counts', {
  timeout: 60_000,
}, async () => {
  const next = random(seed)
  const pick = <T>(from: T[]): T => from[Math.floor(next() * from.length)] as T
  const followers: Person[] = await direct.users(10)
  const targets: Person[] = await direct.users(3)
  let writing = true
  let [polls, heard, repeated] = [0, 0, 0]
  const seen = targets.map(() => new Map<string, bigint>())
  const polling = Promise.all(
    targets.map(async (owner, n) => {
      let since = 0n
      for (let last = false; !last; ) {
        last = !writing
        polls += 1
        since = await poll(polls, owner, since, (id, cursor) => {
          heard += 1
          seen[n]?.set(id, cursor)
        })
      }
    }),
  )
  const began = performance.now()
  // Twelve writers, four an instance; whom they write for is drawn, so that all three hold the same pair at a time.
  const changing = lanes(12, CHANGES, async (n) => {
    const [who, whom, wish] = [pick(followers), pick(targets), next() < 0.6]
    // A 503 is an outcome unknown, and a repeat does no harm: a busy machine may need one.
    for (let tries = 1; ; tries += 1) {
      const { status, meta } = await follow(n, wish, whom, who)
      if (status === 200) break
      expect([status, tries < 10], JSON.stringify(meta)).toEqual([503, true])
      repeated += 1
    }
  })
  // The pollers end after the writers, whichever of them fails.
  const took = changing.finally(() => (writing = false)).then(() => performance.now() - began)
  const [milliseconds] = await Promise.all([took, polling])
  // Nobody lost a transaction to another instance: each waits for the lock of all writers and then has the whole of it.
  for (const { said } of programs) expect(said()).not.toMatch(/"reason":"contention"/)

  const edges = await edgesTo(targets)
  expect(new Set(edges.map(({ pair }) => pair)).size).toBe(edges.length)
  expect(new Set(edges.map(({ id }) => id)).size).toBe(edges.length)
  for (const [n, owner] of targets.entries()) {
    const mine = edges.filter(({ pair }) => pair.endsWith(`>${owner.id}`))
    // What stays was heard, and last of all of that follower.
    for (const { id, pair } of mine) expect(String(seen[n]?.get(pair.split('>')[0] as string))).toBe(id)
    for (const at of [0, 1, 2]) {
      const listed = new Set<string>()
      await poll(at, owner, 0n, (id) => listed.add(id))
      const ids = (await ask(at, 'GET', `/users/${owner.id}/followers/ids`, owner.token)).data as string[]
      const { counts } = (await ask(at, 'GET', `/users/${owner.id}`, owner.token)).data
      expect([...listed].sort()).toEqual([...ids].sort())
      expect([counts.followers, ids.length, listed.size]).toEqual([mine.length, mine.length, mine.length])
    }
  }
  measured(
    3,
    `three instances: ${CHANGES} changes of 30 pairs in ${Math.round(milliseconds)} ms, ${repeated} repeated after a 503, ${polls} polls heard ${heard} follows, none twice; ${edges.length} stay, all heard (FAULT_SEED=${seed})`,
  )
})

it('an answered follow comes before one that is asked of another instance later', {
  timeout: 30_000,
}, async () => {
  const [owner, ...crowd] = [await direct.user(), ...(await direct.users(30))]
  for (const [n, one] of crowd.entries()) expect((await follow(n, true, owner, one)).status).toBe(200)
  const order: string[] = []
  await poll(1, owner, 0n, (id) => order.push(id))
  expect(order).toEqual(crowd.map(({ id }) => id))
})

it('8: a follow written through one is read through another on the next request', {
  timeout: 30_000,
}, async () => {
  const people: Person[] = await direct.users(6)
  const target = people[5] as Person
  let read = 0
  await lanes(5, 5, async (lane) => {
    const me = people[lane] as Person
    for (let n = 0; n < 30; n += 1) {
      const wish = n % 2 === 0
      expect((await follow(n + lane, wish, target, me)).status).toBe(200)
      for (const other of [1, 2]) {
        const { data } = await ask(n + lane + other, 'GET', `/users/${target.id}`, me.token)
        expect(data.you_follow).toBe(wish)
        read += 1
      }
    }
  })
  measured(8, `three instances: ${read} of ${read} reads through another saw the write before them`)
})

it('26: the three share one limit through Redis, to the request', { timeout: 60_000 }, async () => {
  const left = (answer: { headers: Headers }) => Number(answer.headers.get('x-ratelimit-remaining'))
  // They look for Redis in the background: a fresh token's count goes down by one at each of them once all have it.
  for (let tries = 0; ; tries += 1) {
    const { token } = await direct.user()
    const counts: number[] = []
    for (const at of [0, 1, 2]) counts.push(left(await ask(at, 'GET', '/token', token)))
    const [first = 0, ...rest] = counts
    if (rest[0] === first - 1 && rest[1] === first - 2) break
    if (tries === 50) throw new Error(`the three do not share their counts: ${counts}`)
    await wait(100)
  }
  const [me, whom] = [await direct.user(), await direct.user()]
  const statuses = new Map<number, number>()
  await lanes(30, WRITES + 60, async (n) => {
    const { status } = await follow(n, n % 2 === 0, whom, me)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  })
  expect(Object.fromEntries(statuses)).toEqual({ 200: WRITES, 429: 60 })
  measured(26, `three instances, one Redis: ${WRITES} of ${WRITES + 60} writes let through, 60 refused`)
})
