// Which callers wait for a plan, for how long, and what is planned at the same time.
import { describe, expect, it } from 'vitest'
import { GraphUnavailable } from '../../src/graph/failures.ts'
import { createPlanning } from '../../src/graph/planning.ts'

const alive = async () => undefined
const dead = async () => Promise.reject(new Error('no answer'))
const nothing = () => undefined
const step = (text: string) => ({ text, params: {} })

/** A plan that a test finishes. */
function slowPlan() {
  let [begun, finish] = [0, nothing as () => void]
  const done = new Promise<void>((resolve) => {
    finish = resolve
  })
  const plan = () => {
    begun += 1
    return done
  }
  return {
    plan,
    finish: () => finish(),
    get begun() {
      return begun
    },
  }
}
const slow = async () => Promise.reject(new GraphUnavailable('slow'))

describe('a statement that timed out', () => {
  it('is planned once, and callers wait for that', async () => {
    const planning = createPlanning(alive, alive)
    const watched = slowPlan()
    planning.sendAs('a', 'a, planned', watched.plan, false)
    expect(planning.textOf('a')).toBe('a, planned')
    await expect(planning.guarded([step('a')], 1_000, slow, nothing)).rejects.toThrow('slow')
    await expect.poll(() => watched.begun).toBe(1)
    let ran = false
    const waiting = planning.guarded([step('a')], 10_000, async () => (ran = true), nothing)
    // Others do not wait.
    expect(await planning.guarded([step('b')], 1_000, async () => 'b', nothing)).toBe('b')
    expect(ran).toBe(false)
    watched.finish()
    expect(await waiting).toBe(true)
    expect(watched.begun).toBe(1)
  })

  it('refuses who has waited too long, and says so', async () => {
    const planning = createPlanning(alive, alive)
    const { plan, finish } = slowPlan()
    planning.sendAs('a', 'a', plan, false)
    void planning.plan('a')
    let refused = 0
    const work = async () => expect.unreachable()
    await expect(planning.guarded([step('a')], 20, work, () => (refused += 1))).rejects.toThrow(
      GraphUnavailable,
    )
    expect(refused).toBe(1)
    finish()
  })

  it('leaves the caller the rest of the time', async () => {
    const planning = createPlanning(alive, alive)
    const { plan, finish } = slowPlan()
    planning.sendAs('a', 'a', plan, false)
    void planning.plan('a')
    setTimeout(finish, 60)
    const left = await planning.guarded([step('a')], 5_000, async (ms) => ms, nothing)
    expect(left).toBeLessThan(5_000)
    expect(left).toBeGreaterThan(1_000)
  })

  it('is explained with its parameters if nobody has said how to plan it', async () => {
    const explained: unknown[] = []
    let finish = nothing as () => void
    const planning = createPlanning(alive, (asked) => {
      explained.push(asked)
      return new Promise<void>((resolve) => {
        finish = resolve
      })
    })
    const rare = { text: 'rare', params: { id: 7 } }
    for (const _ of [1, 2])
      await expect(planning.guarded([rare], 50, slow, nothing)).rejects.toThrow(GraphUnavailable)
    await expect.poll(() => explained).toEqual([rare])
    const waiting = planning.guarded([rare], 10_000, async () => 'answered', nothing)
    finish()
    expect(await waiting).toBe('answered')
  })

  it('is not planned because it waited for a lock, or failed otherwise', async () => {
    const planning = createPlanning(alive, alive)
    const made = slowPlan()
    planning.sendAs('a', 'a', made.plan, true)
    const failures = [new GraphUnavailable('busy'), new Error('wrong')]
    for (const error of failures)
      await expect(planning.guarded([step('a')], 1_000, () => Promise.reject(error), nothing)).rejects.toBe(
        error,
      )
    expect(made.begun).toBe(0)
  })
})

it('plans one write and one read at a time', async () => {
  const planning = createPlanning(alive, alive)
  const [write, next, read] = [slowPlan(), slowPlan(), slowPlan()]
  planning.sendAs('write', 'write', write.plan, true)
  planning.sendAs('next', 'next', next.plan, true)
  planning.sendAs('read', 'read', read.plan, false)
  for (const name of ['write', 'next', 'read']) void planning.plan(name)
  await expect.poll(() => [write.begun, next.begun, read.begun]).toEqual([1, 0, 1])
  // A statement that is only queued may have a plan: its callers do not wait for that of another one.
  expect(await planning.guarded([step('next')], 10_000, async () => 'sent', nothing)).toBe('sent')
  write.finish()
  await expect.poll(() => next.begun).toBe(1)
  next.finish()
  read.finish()
})

it('holds nobody back for a database that does not answer', { timeout: 15_000 }, async () => {
  const planning = createPlanning(dead, alive)
  const made = slowPlan()
  planning.sendAs('a', 'a', made.plan, false)
  void planning.plan('a')
  expect(await planning.guarded([step('a')], 10_000, async () => 'asked', nothing)).toBe('asked')
  made.finish()
})
