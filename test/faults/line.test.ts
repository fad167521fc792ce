// The line between service and database breaks in every way that the proxy knows: promises 2, 4, 12 and a vanished host.
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, expect, inject, it } from 'vitest'
import { random } from '../support/random.ts'
import { startTestService } from '../support/service.ts'
import { type Operation, violation } from './history.ts'
import { startProxy } from './proxy.ts'
import { lanes, measured, percentile, scale } from './scale.ts'

const direct = await startTestService()
const proxy = await startProxy(inject('neo4j').uri)
const service = await startTestService({ NEO4J_URI: proxy.uri })
afterAll(() => proxy.close())
afterEach(() => {
  proxy.faults = {}
  proxy.only = undefined
  proxy.away(false)
})

type Caller = { id: string; token: string }
const follow = (a: Caller, b: Caller, method = 'POST') =>
  service.call(method, `/users/${b.id}/follow`, { token: a.token })
async function edge(a: Caller, b: Caller, through = direct) {
  const page = await through.call('GET', `/users/${a.id}/following?count=200`, { token: a.token })
  const item =
    page.status === 200 ? page.body.data.find((user: { id: string }) => user.id === b.id) : undefined
  return { status: page.status, following: item !== undefined, id: item?.pagination_id as string | undefined }
}

it('2: a follow whose COMMIT lost its answer, repeated, is one edge with its first pagination id', {
  timeout: 3_600_000,
}, async () => {
  const pairs = scale(40, 10_000)
  const celebrity = await service.user()
  proxy.faults = { 'cut-after': 0.5, 'cut-before': 0.1 }
  proxy.only = 'Sequence'
  let repeats = 0
  await lanes(8, pairs, async () => {
    const fan = await direct.user()
    let first: string | undefined
    for (let tries = 0; tries < 20; tries += 1) {
      const { status } = await follow(fan, celebrity)
      const now = await edge(fan, celebrity)
      first ??= now.id
      expect(now.id).toBe(first)
      if (status === 200) break
      expect(status).toBe(503)
      repeats += 1
    }
    expect(first).toBeDefined()
    await follow(fan, celebrity)
    expect((await edge(fan, celebrity)).id).toBe(first)
  })
  proxy.faults = {}
  const { body } = await direct.call('GET', `/users/${celebrity.id}`)
  expect(body.data.counts.followers).toBe(pairs)
  expect(proxy.struck['cut-after']).toBeGreaterThan(pairs / 4)
  measured(
    2,
    `${proxy.struck['cut-after']} answers of a write cut, ${repeats} repeats by clients, ${pairs} pairs, each one edge with one id`,
  )
})

it('4: each pair is linearizable while a quarter of the queries break', { timeout: 3_600_000 }, async () => {
  const next = random(proxy.seed)
  const people = await direct.users(6)
  const histories = new Map<string, Operation[]>()
  const rounds = scale(6, 1_200)
  let total = 0
  let unknown = 0
  for (let round = 0; round < rounds; round += 1) {
    // Fresh pairs each round, so that each history stays short enough for brute force.
    const [a, ...others] = round === 0 ? people : await direct.users(6)
    const caller = a as Caller
    proxy.faults = { delay: 0.1, 'cut-before': 0.05, 'cut-after': 0.07, half: 0.03 }
    await lanes(16, 80, async () => {
      const other = others[Math.floor(next() * others.length)] as Caller
      const dice = next()
      const kind: Operation['kind'] = dice < 0.4 ? 'follow' : dice < 0.7 ? 'unfollow' : 'read'
      const begin = performance.now()
      const answer =
        kind === 'read'
          ? await edge(caller, other, service)
          : await follow(caller, other, kind === 'follow' ? 'POST' : 'DELETE')
      total += 1
      expect([200, 503]).toContain(answer.status)
      if (answer.status === 503) unknown += 1
      if (answer.status === 503 && kind === 'read') return
      const key = `${caller.id} ${other.id}`
      const seen = 'following' in answer ? { following: answer.following, id: answer.id } : undefined
      const operation: Operation = {
        kind,
        begin,
        end: answer.status === 200 ? performance.now() : null,
        ...(seen === undefined ? {} : { seen }),
      }
      histories.set(key, [...(histories.get(key) ?? []), operation])
    })
    proxy.faults = {}
    for (const [key, history] of histories) expect(violation(history), key).toBeNull()
    histories.clear()
  }
  measured(
    4,
    `${total} operations, ${unknown} with unknown outcome, faults ${JSON.stringify(proxy.struck)}, 0 violations`,
  )
})

it('12: with the database gone every request is a 503 in time, and all is well two seconds after it is back', {
  timeout: 300_000,
}, async () => {
  const [a, b] = (await direct.users(2)) as unknown as [Caller, Caller]
  await edge(a, b, service)
  global.gc?.()
  const before = process.memoryUsage().rss
  proxy.away(true)
  const until = performance.now() + scale(3_000, 60_000)
  const statuses = new Set<number>()
  const times = await lanes(16, Number.POSITIVE_INFINITY, async () => {
    if (performance.now() > until) throw new Error('over')
    const answer = await follow(a, b)
    statuses.add(answer.status)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.body.meta.error_id).toMatch(/^[0-9a-f]{32}$/)
  }).catch((error: Error) => {
    if (error.message !== 'over') throw error
    return []
  })
  void times
  expect([...statuses]).toEqual([503])
  const ready = await service.call('GET', '/health/ready')
  expect(ready.status).toBe(503)
  expect(ready.body.reason).toBe('unreachable')
  const began = performance.now()
  expect((await service.call('GET', '/users/1')).status).toBe(503)
  expect(performance.now() - began).toBeLessThan(2_500)
  proxy.away(false)
  const back = performance.now()
  while ((await follow(a, b)).status !== 200) await wait(50)
  const took = performance.now() - back
  expect(took).toBeLessThan(2_000)
  expect((await service.call('GET', '/health/ready')).status).toBe(200)
  measured(
    12,
    `back ${Math.round(took)} ms after the database, RSS ${Math.round((process.memoryUsage().rss - before) / 1e6)} MB more in the test's own process`,
  )
})

it('a host that vanished is a 503 within three seconds, also for what waits in the queue, and is left for new connections', {
  timeout: 60_000,
}, async () => {
  const [a, b] = (await direct.users(2)) as unknown as [Caller, Caller]
  expect((await edge(a, b, service)).status).toBe(200)
  proxy.vanish()
  const until = performance.now() + 7_000
  const times: number[] = []
  let recovered = false
  await lanes(8, 10_000, async () => {
    if (recovered || performance.now() > until + 8_000) return
    const began = performance.now()
    const answer = await follow(a, b)
    times.push(performance.now() - began)
    expect([200, 503]).toContain(answer.status)
    if (answer.status === 503) expect(answer.headers.get('retry-after')).toBe('1')
    else recovered = true
    await wait(40)
  })
  expect(recovered).toBe(true)
  expect(percentile(times, 100)).toBeLessThan(3_000)
})
