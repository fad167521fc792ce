// What /health/ready says: after an outage not before the commonest statements have answered.
import { expect, it } from 'vitest'
import { GraphUnavailable } from '../../src/graph/failures.ts'
import { createReadiness } from '../../src/graph/readiness.ts'

function make() {
  const world = {
    away: null as string | null,
    state: null as 'stopping' | 'schema' | 'writers' | null,
    warm: (): Promise<void> => Promise.resolve(),
    warmed: 0,
  }
  const readiness = createReadiness({
    ping: async () => {
      if (world.away !== null) throw new GraphUnavailable(world.away)
    },
    common: () => {
      world.warmed += 1
      return world.warm()
    },
    state: () => world.state,
  })
  return { world, ask: readiness.ask, observe: readiness.observe }
}

it('is ready with a database that answers, and says why not', async () => {
  const { world, ask } = make()
  expect(await ask()).toEqual({ ready: true, reason: null })
  world.state = 'schema'
  expect(await ask()).toEqual({ ready: false, reason: 'schema' })
  world.away = 'credentials'
  expect(await ask()).toEqual({ ready: false, reason: 'credentials' })
  world.state = 'stopping'
  expect(await ask()).toEqual({ ready: false, reason: 'stopping' })
  expect(world.warmed).toBe(0)
})

it('is ready while changes are held up: reads go on', async () => {
  const { world, ask } = make()
  world.state = 'writers'
  expect(await ask()).toEqual({ ready: true, reason: 'writers' })
})

it('is cold after an outage until the commonest statements have answered', async () => {
  const { world, ask } = make()
  world.away = 'unreachable'
  expect(await ask()).toEqual({ ready: false, reason: 'unreachable' })
  world.away = null
  let finish = () => {}
  world.warm = () =>
    new Promise((resolve) => {
      finish = resolve
    })
  expect(await ask()).toEqual({ ready: false, reason: 'cold' })
  // Several probes share one try.
  expect(await ask()).toEqual({ ready: false, reason: 'cold' })
  expect(world.warmed).toBe(1)
  finish()
  expect(await ask()).toEqual({ ready: true, reason: null })
  expect(await ask()).toEqual({ ready: true, reason: null })
  expect(world.warmed).toBe(1)
})

it('tries again where they failed, and notices an outage that only a request met', async () => {
  const { world, ask, observe } = make()
  observe({ name: 'lists/followers', ms: 1, failed: 'unreachable' })
  world.warm = async () => Promise.reject(new GraphUnavailable('slow'))
  expect(await ask()).toEqual({ ready: false, reason: 'cold' })
  world.warm = async () => undefined
  expect(await ask()).toEqual({ ready: true, reason: null })
  expect(world.warmed).toBe(2)
})

it('is not cold because a statement was slow', async () => {
  const { world, ask, observe } = make()
  observe({ name: 'lists/followers', ms: 1, failed: 'slow' })
  world.away = 'slow'
  expect(await ask()).toEqual({ ready: false, reason: 'slow' })
  world.away = null
  expect(await ask()).toEqual({ ready: true, reason: null })
})
