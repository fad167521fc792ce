// A move of many followers whose service is killed, and one whose database goes away: it goes on and ends exact.
import { afterAll, expect, inject, it, onTestFinished } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import { crowd, disperse } from '../lists/crowd.ts'
import { scale } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import { cleanUp, serve } from './built.ts'
import { startProxy } from './proxy.ts'

const service = await startTestService()
const app = await service.appToken()
const { uri, password } = inject('neo4j')
const database = { NEO4J_URI: uri, NEO4J_PASSWORD: password, LOG_LEVEL: 'warn' }
const graph = openGraph(inject('neo4j'))
afterAll(async () => {
  cleanUp()
  await graph.close()
})
type User = { id: string }

/** Two users, the first with so many followers; some follow both. */
async function star(size: number, both = 0) {
  const [from, to] = (await service.users(2)) as unknown as [User, User]
  const first = BigInt(from.id) + 10_000_000n
  await crowd(graph, BigInt(from.id), first, BigInt(size), false)
  onTestFinished(() => disperse(graph, first, BigInt(size)))
  for (let n = 1; n <= both; n += 1) await service.follow(String(first + BigInt(n * 7)), to.id)
  return { from, to, first }
}

const followersOf = async ({ id }: User): Promise<string[]> =>
  (await service.call('GET', `/users/${id}/followers/ids`, { token: app })).body.data
const move = (url: string, from: User, to: User) =>
  fetch(`${url}/users/${from.id}/move`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${app}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ to: to.id }),
  })
const STATE = `MATCH (a:User {id: $from}), (b:User {id: $to})
  RETURN COUNT { (a)<-[:FOLLOWS]-() }, COUNT { (b)<-[:FOLLOWS]-() }, a.moving_to IS NOT NULL, a.moving_moved, a.moving_kept`
async function stateOf(from: User, to: User) {
  const [row] = await graph.read('test/state', STATE, { from: BigInt(from.id), to: BigInt(to.id) }, 60_000)
  const [left, there, unfinished, moved, kept] = row as [
    bigint,
    bigint,
    boolean,
    bigint | null,
    bigint | null,
  ]
  return { left: Number(left), there: Number(there), unfinished, moved: Number(moved), kept: Number(kept) }
}

/** Everyone follows the other user, once, and nobody the first one. */
async function expectMoved(from: User, to: User, first: bigint, size: number): Promise<void> {
  expect(await followersOf(from)).toEqual([])
  const followers = await followersOf(to)
  expect(followers).toHaveLength(size)
  const expected = new Set(Array.from({ length: size }, (_, n) => String(first + BigInt(n + 1))))
  expect(new Set(followers)).toEqual(expected)
  const wrong = `UNWIND range($first + 1, $first + $size) AS id MATCH (fan:User {id: id})
    WITH fan WHERE COUNT { (fan)-[:FOLLOWS]->() } <> 1 RETURN count(fan)`
  expect(await graph.read('test/wrong', wrong, { first, size: BigInt(size) }, 60_000)).toEqual([[0n]])
  const { counts, moved_to } = (await service.call('GET', `/users/${to.id}`)).body.data
  expect([counts.followers, moved_to]).toEqual([size, undefined])
  expect((await service.call('GET', `/users/${from.id}`)).body.data.moved_to).toBe(to.id)
}

const KILLED = scale(20_000, 100_000)

it('a service that is killed in the middle of a move finishes it at its next start, and nobody is lost or doubled', {
  timeout: 1_800_000,
}, async () => {
  const both = 20
  const { from, to, first } = await star(KILLED, both)
  const events = await service.appToken(['basic', 'events'])
  const since = (await service.call('GET', '/events', { token: events })).body.meta.max_id
  // Killed several times, at different places.
  for (const share of [0.1, 0.3, 0.5]) {
    const victim = await serve(database)
    const answer = move(victim.url, from, to)
      .then((response) => response.text())
      .catch(() => null)
    await expect
      .poll(async () => (await stateOf(from, to)).there, { timeout: 120_000, interval: 5 })
      .toBeGreaterThan(KILLED * share)
    victim.child.kill('SIGKILL')
    await victim.exited
    await answer
    // What was sent before may still be committed, also between the two counts. Those who still follow both are in both of them.
    const fits = async () => {
      const { left, there, unfinished, moved, kept } = await stateOf(from, to)
      return [unfinished, left > 0, left + there - (KILLED + both - kept), there - (both + moved)]
    }
    await expect.poll(fits, { timeout: 60_000 }).toEqual([true, true, 0, 0])
  }
  const next = await serve(database)
  await expect
    .poll(async () => (await stateOf(from, to)).unfinished, { timeout: 300_000, interval: 100 })
    .toBe(false)
  const { moved, kept } = await stateOf(from, to)
  expect({ moved, kept }).toEqual({ moved: KILLED - both, kept: both })
  await expectMoved(from, to, first, KILLED)
  // The one that finished it tells readers of events, and a repeat finds nobody.
  const reset = async () => {
    const { body } = await service.call('GET', `/events?since_id=${since}&count=200&types=reset`, {
      token: events,
    })
    return body.data.map(({ data }: { data: { reason: string } }) => data.reason)
  }
  await expect.poll(reset, { timeout: 60_000 }).toContain('move')
  expect(await (await move(next.url, from, to)).json()).toMatchObject({
    data: { moved: 0, kept: 0, refused: [] },
  })
  next.child.kill('SIGTERM')
  expect(await next.exited).toBe(0)
})

it('a move whose service is stopped is finished by another instance', { timeout: 300_000 }, async () => {
  const size = 15_000
  const { from, to, first } = await star(size)
  const stopped = await serve(database)
  const answer = move(stopped.url, from, to)
    .then((response) => response.text())
    .catch(() => null)
  await expect
    .poll(async () => (await stateOf(from, to)).there, { timeout: 120_000, interval: 5 })
    .toBeGreaterThan(500)
  stopped.child.kill('SIGTERM')
  expect(await stopped.exited).toBe(0)
  await answer
  expect((await stateOf(from, to)).unfinished).toBe(true)
  // The other instance is the service of this file.
  await expect
    .poll(async () => (await stateOf(from, to)).unfinished, { timeout: 180_000, interval: 100 })
    .toBe(false)
  await expectMoved(from, to, first, size)
})

it('a move whose database goes away is answered 200 at once, goes on when it is back, and tells the result at the end', {
  timeout: 300_000,
}, async () => {
  const size = 15_000
  const { from, to, first } = await star(size, 5)
  const proxy = await startProxy(uri, 1)
  onTestFinished(() => proxy.close())
  const program = await serve({ ...database, NEO4J_URI: proxy.uri })
  const answered = move(program.url, from, to)
  await expect
    .poll(async () => (await stateOf(from, to)).there, { timeout: 60_000, interval: 5 })
    .toBeGreaterThan(500)
  proxy.away(true)
  // After five seconds, although the move cannot go on.
  const response = await answered
  expect(response.status).toBe(200)
  const { left, unfinished } = await stateOf(from, to)
  expect([left > 0, unfinished]).toEqual([true, true])
  proxy.away(false)
  expect(await response.json()).toEqual({
    data: { moved: size - 5, kept: 5, refused: [] },
    meta: { code: 200 },
  })
  await expectMoved(from, to, first, size)
  program.child.kill('SIGTERM')
  expect(await program.exited).toBe(0)
})

it('a finished move is answered although the end of its run was lost several times', {
  timeout: 120_000,
}, async () => {
  const proxy = await startProxy(uri, 1)
  onTestFinished(() => proxy.close())
  const through = await startTestService({ NEO4J_URI: proxy.uri })
  const [from, to, fan] = (await service.users(3)) as unknown as [User, User, User]
  await service.follow(fan.id, from.id)
  // More often than one call of the graph tries.
  proxy.only = 'events/end-run'
  proxy.faults = {
    get 'cut-before'() {
      return proxy.struck['cut-before'] < 8 ? 1 : 0
    },
  }
  const answer = await move(through.url, from, to)
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { data: { moved: 1, kept: 0, refused: [] }, meta: { code: 200 } },
  ])
  expect(proxy.struck['cut-before']).toBe(8)
})
