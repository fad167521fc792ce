// Promise 11: many clients change the relations of the same two users at once.
import { afterAll, expect, inject, it } from 'vitest'
import { LONG, lanes, measured, percentile, scale } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import { cleanUp, serve } from './built.ts'
import { openWire, type Reply } from './wire.ts'

const direct = await startTestService()
const { uri, password } = inject('neo4j')
afterAll(cleanUp)

const WIDTH = 64

it('11: A follows B while B follows A, and block against follow: nobody sees a deadlock', {
  timeout: 600_000,
}, async () => {
  const program = await serve({ NEO4J_URI: uri, NEO4J_PASSWORD: password, LOG_LEVEL: 'error' })
  const wires = await Promise.all(Array.from({ length: WIDTH }, () => openWire(program.url)))
  const statuses = new Map<number, number>()
  const write = async (lane: number, method: string, action: string, of: string, token: string) => {
    const answer = (await wires[lane]?.ask(method, `/users/${of}/${action}`, token)) as Reply
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    return answer
  }

  /** Makes `count` changes of every kind between two users, by all clients at once. */
  async function opposed(count: number): Promise<number[]> {
    const [a, b] = await direct.users(2)
    const kinds = [
      ['POST', 'block'],
      ['DELETE', 'block'],
      ['DELETE', 'follow'],
      ['POST', 'follow'],
      ['POST', 'follow'],
    ] as const
    await lanes(WIDTH, WIDTH, async (n, lane) => {
      const [me, you] = n % 2 === 0 ? [a, b] : [b, a]
      await write(lane, 'POST', 'follow', you!.id, me!.token)
    })
    return lanes(WIDTH, count, async (n, lane) => {
      const [me, you] = n % 2 === 0 ? [a, b] : [b, a]
      const [method, action] = kinds[n % 5]!
      await write(lane, method, action, you!.id, me!.token)
    })
  }

  /** Makes `count` changes of 32 users to one; the result is changes per second. */
  async function celebrity(count: number): Promise<number> {
    const [star, ...fans] = await direct.users(33)
    const began = performance.now()
    await lanes(WIDTH, count, async (n, lane) => {
      const method = n % 64 < 32 ? 'POST' : 'DELETE'
      expect((await write(lane, method, 'follow', star!.id, fans[n % 32]!.token)).status).toBe(200)
    })
    return (count * 1_000) / (performance.now() - began)
  }

  // Warm-up: Java compiles while a new database serves, and contention is to be measured, not Java's start.
  await opposed(scale(200, 10_000))
  await celebrity(scale(200, 10_000))
  // A pause of the database delays one request of each client: with this many requests those are less than 1 %.
  statuses.clear()
  const times = await opposed(scale(600, 30_000))
  const rate = await celebrity(scale(640, 6_400))
  for (const wire of wires) wire.close()
  program.child.kill('SIGTERM')
  expect(await program.exited).toBe(0)
  measured(
    11,
    `${times.length} opposed changes by ${WIDTH} clients, statuses ${JSON.stringify([...statuses])}, p50 ${Math.round(percentile(times, 50))} ms, p99 ${Math.round(percentile(times, 99))} ms, slowest ${Math.round(percentile(times, 100))} ms; one celebrity ${Math.round(rate)} changes/s`,
  )
  // A follow that a block forbids is answered 403.
  expect([...statuses.keys()].filter((status) => status !== 200 && status !== 403)).toEqual([])
  if (LONG) {
    expect(percentile(times, 99)).toBeLessThan(100)
    expect(rate).toBeGreaterThan(1_000)
  }
})
