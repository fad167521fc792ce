// `follow-graph/testing` beside the fake timers of other people's suites, which stop the clock of the whole process.
import { mock } from 'node:test'
import { afterEach, describe, expect, inject, it, vi } from 'vitest'
import { type FollowGraph, startFollowGraph } from '../../src/testing.ts'
import { startTestService } from '../support/service.ts'

const kit = await startTestService()
const neo4j = inject('neo4j')

describe('fake timers', () => {
  const clock = { setTimeout, setInterval, setImmediate, clearTimeout, Date, performance }
  afterEach(() => {
    vi.useRealTimers()
    mock.timers.reset()
    Object.assign(globalThis, clock)
  })

  /** Everything that waits for something: batches of changes and pages, deadlines, streams, probes, stopping. */
  async function works(own: FollowGraph, pass: () => void): Promise<void> {
    const [ada, bo] = [await own.createUser(), await own.createUser()]
    for (let round = 0; round < 2; round += 1) {
      const token = await own.tokenFor(ada)
      const ask = async (method: string, path: string) => {
        const answer = await fetch(own.url + path, { method, headers: { Authorization: `Bearer ${token}` } })
        await answer.text()
        return answer.status
      }
      if (round === 0) await own.follow(ada, bo)
      const user = `/users/${bo.id}`
      for (const path of [
        user,
        `${user}/followers`,
        `${user}/followers/ids`,
        '/health/ready',
        '/metrics',
        '/token',
      ])
        expect(await ask('GET', path), path).toBe(200)
      const together = await Promise.all(Array.from({ length: 40 }, () => ask('GET', `${user}/followers`)))
      expect(new Set(together)).toEqual(new Set([200]))
      expect(await ask('DELETE', `${user}/follow`)).toBe(200)
      expect(await ask('POST', `${user}/follow`)).toBe(200)
      pass()
    }
  }

  const FAKES: Record<string, { on(): void; pass(): void }> = {
    'of vitest': { on: () => vi.useFakeTimers(), pass: () => vi.advanceTimersByTime(86_400_000) },
    'of vitest, all that leave Node alone': {
      on: () =>
        vi.useFakeTimers({
          toFake: [
            'setTimeout',
            'setInterval',
            'setImmediate',
            'clearTimeout',
            'clearInterval',
            'clearImmediate',
            'Date',
            'performance',
            'hrtime',
          ],
        }),
      pass: () => vi.advanceTimersByTime(3_600_000),
    },
    'of vitest, in 1970': { on: () => vi.useFakeTimers({ now: 0 }), pass: () => undefined },
    'of vitest, in 2096': { on: () => vi.useFakeTimers({ now: 4e12 }), pass: () => undefined },
    'of node:test': {
      on: () => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] }),
      pass: () => mock.timers.tick(86_400_000),
    },
    'that are functions which do nothing': {
      on: () => {
        const never = () => Object.assign({}, { ref() {}, unref() {}, refresh() {}, hasRef: () => false })
        const stopped = class extends clock.Date {
          static override now = () => 1
        }
        Object.assign(globalThis, {
          setTimeout: never,
          setInterval: never,
          setImmediate: never,
          Date: stopped,
        })
      },
      pass: () => undefined,
    },
  }

  it.each(Object.keys(FAKES))('%s do not stop a service that runs', { timeout: 60_000 }, async (name) => {
    const { on, pass } = FAKES[name] as (typeof FAKES)[string]
    const own = await startFollowGraph({ neo4j })
    on()
    await works(own, pass)
    await own.stop()
  })

  it.each(Object.keys(FAKES))('%s do not stop one that starts later', { timeout: 60_000 }, async (name) => {
    const { on, pass } = FAKES[name] as (typeof FAKES)[string]
    on()
    const own = await startFollowGraph({ neo4j })
    await works(own, pass)
    await own.stop()
  })

  it('do not change the dates that are stored', async () => {
    vi.useFakeTimers({ now: 0 })
    const ada = await kit.createUser()
    const { body } = await kit.call('GET', `/users/${ada.id}`)
    expect(new Date(body.data.created_at).getUTCFullYear()).toBeGreaterThan(2025)
  })
})
