// When the watch counts that changes have stopped: only where the database answers. test/faults/writers has the rest, on a database.
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createWriterWatch } from '../../src/graph/watch.ts'

async function countedWith(ping: () => Promise<void>): Promise<number> {
  let counted = 0
  const gone = () => Promise.reject(new Error('away'))
  const watch = createWriterWatch(
    { ping, read: async () => [], runAndRollBack: gone },
    {
      warn: () => undefined,
      counted() {
        counted += 1
      },
    },
  )
  const fail = () => watch.observe({ name: 'changes/follow', ms: 1, failed: 'slow' })
  fail()
  await wait(3_100)
  fail()
  await wait(100)
  watch.stop()
  return counted
}

it('a change that succeeds meanwhile does not make it two', async () => {
  let counted = 0
  const watch = createWriterWatch(
    {
      ping: async () => undefined,
      read: async () => [],
      runAndRollBack: () => Promise.reject(new Error('busy')),
    },
    {
      warn: () => undefined,
      counted() {
        counted += 1
      },
    },
  )
  const observe = (failed: string | null) => watch.observe({ name: 'changes/follow', ms: 1, failed })
  observe('slow')
  await wait(3_100)
  observe('slow')
  await wait(300)
  observe(null)
  await wait(1_500)
  watch.stop()
  expect(counted).toBe(1)
})

it('a database that does not answer is an outage, not stuck writers', async () => {
  const [answering, away] = await Promise.all([
    countedWith(async () => undefined),
    countedWith(() => Promise.reject(new Error('away'))),
  ])
  expect({ answering, away }).toEqual({ answering: 1, away: 0 })
})

// Changes may be rare, as at night: the failures are then far apart.
it('notices a lock that somebody keeps also where a change is tried each eleven seconds only', {
  timeout: 30_000,
}, async () => {
  const rare = async (lock: () => Promise<void>) => {
    let counted = 0
    const graph = { ping: async () => undefined, read: async () => [], runAndRollBack: lock }
    const watch = createWriterWatch(graph, { warn: () => undefined, counted: () => void counted++ })
    const fail = () => watch.observe({ name: 'changes/follow', ms: 1, failed: 'slow' })
    fail()
    await wait(11_000)
    fail()
    await wait(300)
    watch.stop()
    return counted
  }
  const [kept, free] = await Promise.all([
    rare(() => Promise.reject(new Error('busy'))),
    rare(async () => undefined),
  ])
  expect({ kept, free }).toEqual({ kept: 1, free: 0 })
})
