// The queue of group commit: what travels together, what is refused, and that one bad item hurts nobody else.
import { describe, expect, it } from 'vitest'
import { createBatch } from '../../src/graph/batch.ts'
import { GraphUnavailable } from '../../src/graph/failures.ts'

// The immediate comes after those of the batch, also where the timer is late.
const tick = () => new Promise((resolve) => setTimeout(() => setImmediate(resolve), 5))

// A call that stays in flight until it is let go.
function held() {
  const calls: { items: number[]; finish(): void }[] = []
  const run = (items: number[]) =>
    new Promise<number[]>((resolve) =>
      calls.push({ items, finish: () => resolve(items.map((item) => item * 10)) }),
    )
  return { calls, run }
}

describe('createBatch', () => {
  it('sends the first at once and all that arrive meanwhile together, each with its own result', async () => {
    const { calls, run } = held()
    const batch = createBatch({ run, size: 100, inFlight: 1, waiting: 100 })
    const first = batch.add(1)
    await tick()
    const rest = [2, 3, 4].map((item) => batch.add(item))
    await tick()
    expect(calls.map(({ items }) => items)).toEqual([[1]])
    expect(batch.length).toBe(3)
    calls[0]?.finish()
    await tick()
    expect(calls[1]?.items).toEqual([2, 3, 4])
    calls[1]?.finish()
    expect(await Promise.all([first, ...rest])).toEqual([10, 20, 30, 40])
    await batch.drain()
    expect(batch.length).toBe(0)
  })

  it('takes half of those under way where it is told to, and few whole', async () => {
    const { calls, run } = held()
    const batch = createBatch({ run, size: 100, inFlight: 1, halves: true, waiting: 100 })
    const add = (from: number, count: number) => Array.from({ length: count }, (_, n) => batch.add(from + n))
    const all = add(1, 40)
    await tick()
    const sizes = () => calls.map(({ items }) => items.length)
    expect(sizes()).toEqual([20])
    calls[0]?.finish()
    await tick()
    expect(sizes()).toEqual([20, 20])
    // Those answered ask again, and are as many as those under way.
    all.push(...add(41, 20))
    calls[1]?.finish()
    await tick()
    expect(sizes()).toEqual([20, 20, 20])
    all.push(...add(61, 4))
    calls[2]?.finish()
    await tick()
    all.push(...add(65, 7))
    calls[3]?.finish()
    await tick()
    expect(sizes()).toEqual([20, 20, 20, 4, 7])
    for (const call of calls) call.finish()
    expect(await Promise.all(all)).toHaveLength(71)
  })

  it('takes half by weight', async () => {
    const { calls, run } = held()
    const weighed = { run, size: 256, inFlight: 1, halves: true, waiting: 100, weight: () => 20 }
    const batch = createBatch(weighed)
    const all = Array.from({ length: 12 }, (_, n) => batch.add(n))
    await tick()
    calls[0]?.finish()
    await tick()
    expect(calls.map(({ items }) => items.length)).toEqual([6, 6])
    for (const call of calls) call.finish()
    await Promise.all(all)
  })

  it('keeps to its size by weight, to its calls in flight, and to one key a call', async () => {
    const { calls, run } = held()
    const batch = createBatch({
      run,
      size: 10,
      inFlight: 2,
      waiting: 100,
      weight: (item) => item,
      key: (item) => String(item % 2),
    })
    const all = [4, 6, 8, 1, 3].map((item) => batch.add(item))
    await tick()
    expect(calls.map(({ items }) => items)).toEqual([[4, 6], [8]])
    calls[0]?.finish()
    await tick()
    expect(calls[2]?.items).toEqual([1, 3])
    for (const call of calls) call.finish()
    expect(await Promise.all(all)).toEqual([40, 60, 80, 10, 30])
  })

  it('takes an item that is heavier than a call alone', async () => {
    const { calls, run } = held()
    const batch = createBatch({ run, size: 10, inFlight: 1, waiting: 100, weight: (item) => item })
    const all = [200, 1].map((item) => batch.add(item))
    await tick()
    expect(calls[0]?.items).toEqual([200])
    calls[0]?.finish()
    await tick()
    calls[1]?.finish()
    expect(await Promise.all(all)).toEqual([2000, 10])
  })

  it('refuses one more than may wait, at once', async () => {
    const { calls, run } = held()
    const batch = createBatch({ run, size: 1, inFlight: 1, waiting: 2 })
    const going = batch.add(1)
    await tick()
    const waiting = [batch.add(2), batch.add(3)]
    await expect(batch.add(4)).rejects.toMatchObject({ name: 'GraphUnavailable', reason: 'overload' })
    for (let index = 0; index < 3; index += 1) {
      calls[index]?.finish()
      await tick()
    }
    expect(await Promise.all([going, ...waiting])).toEqual([10, 20, 30])
  })

  it('tries a call that failed in halves: one bad item hurts nobody else', async () => {
    const seen: number[][] = []
    const batch = createBatch<number, number>({
      async run(items) {
        seen.push(items)
        if (items.includes(13)) throw new Error('unlucky')
        return items
      },
      size: 10,
      inFlight: 1,
      waiting: 10,
    })
    const results = await Promise.allSettled([1, 13, 2].map((item) => batch.add(item)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(seen).toEqual([[1, 13, 2], [1, 13], [1], [13], [2]])
  })

  it('refuses all together where the graph is away, and goes on afterwards', async () => {
    let away = true
    let runs = 0
    const batch = createBatch<number, number>({
      async run(items) {
        runs += 1
        if (away) throw new GraphUnavailable('unreachable')
        return items
      },
      size: 10,
      inFlight: 1,
      waiting: 10,
    })
    const results = await Promise.allSettled([1, 2, 3].map((item) => batch.add(item)))
    expect(results.every((result) => result.status === 'rejected')).toBe(true)
    expect(runs).toBe(1)
    away = false
    expect(await batch.add(4)).toBe(4)
  })

  it('drains: resolves once nothing waits and nothing is in flight', async () => {
    const { calls, run } = held()
    const batch = createBatch({ run, size: 1, inFlight: 1, waiting: 10 })
    await batch.drain()
    const all = [batch.add(1), batch.add(2)]
    let drained = false
    const done = batch.drain().then(() => {
      drained = true
    })
    await tick()
    calls[0]?.finish()
    await tick()
    expect(drained).toBe(false)
    calls[1]?.finish()
    await Promise.all([...all, done])
  })
})
