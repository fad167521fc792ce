// When the watch counts that changes have stopped: only where the database answers. test/faults/writers has the rest, on a database.
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createWriterWatch } from '../../src/graph/watch.ts'

type Watched = Parameters<typeof createWriterWatch>[0]

const busy = () => Promise.reject(new Error('busy'))

/** A watch of a database that answers and whose lock somebody keeps, but for what `graph` says; `counted()`: how often changes have stopped. */
function watching(graph: Partial<Watched> = {}) {
  let counted = 0
  const watch = createWriterWatch(
    { ping: async () => undefined, read: async () => [], runAndRollBack: busy, ...graph },
    {
      warn: () => undefined,
      counted() {
        counted += 1
      },
    },
  )
  return {
    observe: (failed: string | null) => watch.observe({ name: 'changes/follow', ms: 1, failed }),
    counted() {
      watch.stop()
      return counted
    },
  }
}

/** How often changes have stopped by the second of two failures that are so far apart. */
async function countedWith(graph: Partial<Watched>, apartMs = 3_100): Promise<number> {
  const { observe, counted } = watching(graph)
  observe('slow')
  await wait(apartMs)
  observe('slow')
  await wait(300)
  return counted()
}

it('a change that succeeds meanwhile does not make it two', async () => {
  const { observe, counted } = watching()
  observe('slow')
  await wait(3_100)
  observe('slow')
  await wait(300)
  observe(null)
  await wait(1_500)
  expect(counted()).toBe(1)
})

it('a database that does not answer is an outage, not stuck writers', async () => {
  const [answering, away] = await Promise.all([
    countedWith({}),
    countedWith({ ping: () => Promise.reject(new Error('away')) }),
  ])
  expect({ answering, away }).toEqual({ answering: 1, away: 0 })
})

// Changes may be rare, as at night: the failures are then far apart.
it('notices a lock that somebody keeps also where a change is tried each eleven seconds only', {
  timeout: 30_000,
}, async () => {
  const [kept, free] = await Promise.all([
    countedWith({}, 11_000),
    countedWith({ runAndRollBack: async () => undefined }, 11_000),
  ])
  expect({ kept, free }).toEqual({ kept: 1, free: 0 })
})
