// Promises 2, 4 and 12: the connection between service and database breaks in every way that the proxy can produce.
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, expect, inject, it } from 'vitest'
import { untilAnswered } from '../support/patiently.ts'
import { random } from '../support/random.ts'
import { lanes, measured, percentile, runs, scale, stopwatch } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import { cleanUp, serve } from './built.ts'
import { type Operation, violation } from './history.ts'
import { rssOf } from './process-facts.ts'
import { startProxy } from './proxy.ts'
import { openWire, type Reply } from './wire.ts'

const direct = await startTestService()
const proxy = await startProxy(inject('neo4j').uri)
const service = await startTestService({ NEO4J_URI: proxy.uri })
afterAll(() => {
  cleanUp()
  return proxy.close()
})
afterEach(() => {
  proxy.faults = {}
  proxy.only = undefined
  proxy.away(false)
})

type Caller = { id: string; token: string }
const follow = (a: Caller, b: Caller, method = 'POST') =>
  service.call(method, `/users/${b.id}/follow`, { token: a.token })
async function edge(a: Caller, b: Caller, through = direct) {
  const read = () => through.call('GET', `/users/${a.id}/following?count=200`, { token: a.token })
  // Without the proxy a 503 only means that the machine is busy.
  const page = through === direct ? await untilAnswered(read) : await read()
  const item =
    page.status === 200 ? page.body.data.find((user: { id: string }) => user.id === b.id) : undefined
  return { status: page.status, following: item !== undefined, id: item?.pagination_id as string | undefined }
}

it('2: a follow that is repeated because the answer to its COMMIT was lost is one relationship with its first pagination id', {
  timeout: 3_600_000,
}, async () => {
  const wanted = runs(15, 10_000)
  const more = stopwatch()
  const celebrity = await service.user()
  proxy.faults = { 'cut-after': 0.5, 'cut-before': 0.1 }
  proxy.only = 'Sequence'
  let [pairs, repeats] = [0, 0]
  const one = async () => {
    pairs += 1
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
  }
  // Only eight at once: requests that wait together share a transaction, and one cut would count for all of them.
  await lanes(8, 8, async () => {
    while (proxy.struck['cut-after'] < wanted && more()) await one()
  })
  proxy.faults = {}
  const { body } = await direct.call('GET', `/users/${celebrity.id}`)
  measured(
    2,
    `${proxy.struck['cut-after']} answers of a write cut, ${repeats} repeats by clients, ${pairs} pairs, each one edge with one id`,
  )
  expect(body.data.counts.followers).toBe(pairs)
})

it('4: each pair is linearizable while a quarter of the queries break', { timeout: 3_600_000 }, async () => {
  const next = random(proxy.seed)
  const people = await direct.users(6)
  const histories = new Map<string, Operation[]>()
  const rounds = Math.ceil(runs(480, 100_000) / 80)
  const more = stopwatch()
  let total = 0
  let unknown = 0
  for (let round = 0; round < rounds && more(); round += 1) {
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

it('12: while the database is unreachable every request gets a 503 in time, and two seconds after its return requests succeed', {
  timeout: 300_000,
}, async () => {
  // In a process of its own, so that its memory is that of the service alone.
  const { username, password } = inject('neo4j')
  const program = await serve({
    ...{ NEO4J_URI: proxy.uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password, LOG_LEVEL: 'error' },
  })
  const pid = program.child.pid as number
  const [a, b] = (await direct.users(2)) as unknown as [Caller, Caller]
  const wires = await Promise.all(Array.from({ length: 16 }, () => openWire(program.url)))
  const path = `/users/${b.id}/follow`
  const load = async (ms: number, seen: (reply: Reply) => void) => {
    const until = performance.now() + ms
    await lanes(wires.length, wires.length, async (lane) => {
      while (performance.now() < until) seen((await wires[lane]?.ask('POST', path, a.token)) as Reply)
    })
  }
  // Warm-up with and without the database: the heap grows to what the load needs, which is not a leak.
  const warm: number[] = []
  await load(scale(1_000, 15_000), ({ status }) => void warm.push(status))
  expect(warm).toContain(200)
  proxy.away(true)
  const times: number[] = []
  const refused = (reply: Reply) => {
    expect(reply.status).toBe(503)
    expect(reply.head).toMatch(/^retry-after: 1\r?$/im)
    expect(JSON.parse(reply.body).meta.error_id).toMatch(/^[0-9a-f]{32}$/)
    times.push(reply.ms)
  }
  await load(scale(1_000, 20_000), refused)
  const held: number[] = []
  const watch = setInterval(() => held.push(rssOf(pid) / 2 ** 20), scale(50, 250))
  await load(scale(3_000, 60_000), refused)
  clearInterval(watch)
  const ready = await wires[0]?.ask('GET', '/health/ready')
  expect([ready?.status, JSON.parse(ready?.body ?? '').reason]).toEqual([503, 'unreachable'])
  proxy.away(false)
  const back = performance.now()
  while ((await wires[0]?.ask('POST', path, a.token))?.status !== 200) await wait(50)
  const took = performance.now() - back
  const readyAgain = async () => (await wires[0]?.ask('GET', '/health/ready'))?.status
  await expect.poll(readyAgain, { timeout: 10_000 }).toBe(200)
  for (const wire of wires) wire.close()
  program.child.kill('SIGTERM')
  expect(await program.exited).toBe(0)
  // Memory varies with garbage collection: the medians of the first and the last sixth are compared.
  const sixth = Math.ceil(held.length / 6)
  const [first, last] = [percentile(held.slice(0, sixth), 50), percentile(held.slice(-sixth), 50)]
  measured(
    12,
    `${times.length} answers while it was away, all 503, slowest ${Math.round(percentile(times, 100))} ms; back ${Math.round(took)} ms after the database; RSS of the service ${first.toFixed(1)} MB at first, ${last.toFixed(1)} MB at last (${Math.min(...held).toFixed(1)} to ${Math.max(...held).toFixed(1)})`,
  )
  expect(percentile(times, 100)).toBeLessThan(2_500)
  expect(took).toBeLessThan(2_000)
  expect(Math.abs(last - first)).toBeLessThan(scale(60, 10))
})

it('when the host of the database vanishes, requests get a 503 within three seconds, also queued ones, and new connections are opened', {
  timeout: 60_000,
}, async () => {
  const [a, b] = (await direct.users(2)) as unknown as [Caller, Caller]
  expect((await untilAnswered(() => edge(a, b, service))).status).toBe(200)
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
