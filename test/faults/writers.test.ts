// Whatever blocks the writers, changes go on within ten seconds: a slow Neo4j without plans, a client that disconnected, an instance that
// hangs, a lock of another program.
import { setTimeout as wait } from 'node:timers/promises'
import neo4j, { type Transaction } from 'neo4j-driver'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { ownJavaDatabase } from '../support/java-database.ts'
import { metric } from '../support/metrics.ts'
import { patiently } from '../support/patiently.ts'
import { measured } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import { cleanUp, type Program, serve } from './built.ts'

vi.setConfig({ testTimeout: 180_000 })
const LONGEST_MS = 10_000
const WRITERS = 16

const { driver, env, java } = await ownJavaDatabase('writers')
const kit = await startTestService(env)
const people = await patiently(() => kit.users(2 * WRITERS))
const service = await serve(env)
afterAll(cleanUp)

/** Starts writers that follow and unfollow through one instance until `stop()`; `lastDone()` is the time of the newest 200. */
function writing(at: Program) {
  let going = true
  let last = performance.now()
  const lanes = Array.from({ length: WRITERS }, async (_, n) => {
    const [{ token }, { id }] = [people[n]!, people[n + WRITERS]!]
    for (let turn = 0; going; turn += 1) {
      const answer = await fetch(`${at.url}/users/${id}/${n % 4 === 3 ? 'mute' : 'follow'}`, {
        method: turn % 2 === 0 ? 'POST' : 'DELETE',
        headers: { Authorization: `Bearer ${token}` },
      }).catch(() => null)
      // An instance that hung closes connections that were idle for too long.
      if (answer === null) continue
      await answer.text()
      expect([200, 503]).toContain(answer.status)
      if (answer.status === 200) last = performance.now()
    }
  })
  return {
    lastDone: () => last,
    /** Waits for the next change after `since`; the result is how long that took. */
    async next(since: number): Promise<number> {
      while (last <= since && performance.now() - since < 60_000) await wait(20)
      return last <= since ? Number.POSITIVE_INFINITY : performance.now() - since
    },
    async stop() {
      going = false
      await Promise.all(lanes)
    },
  }
}

const ready = async (at: Program) =>
  (await (await fetch(`${at.url}/health/ready`)).json()) as { reason?: string }
const stopped = (at: Program) => metric(at.url, 'followgraph_changes_stopped_total')

/** Takes the lock of all writers, as any program with access to the database can. */
async function takeLock(metadata: object = {}): Promise<Transaction> {
  const session = driver.session()
  const transaction = session.beginTransaction({ metadata })
  await transaction.run("MATCH (s:Sequence {name: 'relations'}) SET s.lock = true")
  return transaction
}

describe('changes go on within ten seconds after', () => {
  it('a slow Neo4j has lost its query plans', async () => {
    const load = writing(service)
    await load.next(performance.now())
    const began = performance.now()
    let slow = true
    // Neo4j is stopped for half of the time.
    const slowing = (async () => {
      while (slow) {
        process.kill(java, 'SIGSTOP')
        await wait(20)
        process.kill(java, 'SIGCONT')
        await wait(20)
      }
    })()
    try {
      await driver.executeQuery('CALL db.clearQueryCaches()')
      // Requests that were in flight are answered by now.
      await wait(1_000)
      await load.next(performance.now())
      const took = performance.now() - began
      measured(
        33,
        `changes again ${Math.round(took)} ms after a Neo4j with half of its processor time lost its plans`,
      )
      expect(took).toBeLessThan(LONGEST_MS)
    } finally {
      slow = false
      await slowing
      await load.stop()
    }
  })

  it('a client that held the lock has disconnected', async () => {
    const load = writing(service)
    const other = neo4j.driver(env.NEO4J_URI, neo4j.auth.basic(env.NEO4J_USERNAME, env.NEO4J_PASSWORD))
    const transaction = other.session().beginTransaction()
    await transaction.run("MATCH (s:Sequence {name: 'relations'}) SET s.lock = true")
    const began = performance.now()
    await other.close()
    expect(await load.next(began)).toBeLessThan(LONGEST_MS)
    await load.stop()
  })

  it('another instance hangs in the middle of its changes', async () => {
    const other = await serve(env)
    for (let turn = 0; turn < 3; turn += 1) {
      const hanging = writing(other)
      const load = writing(service)
      await hanging.next(performance.now())
      other.child.kill('SIGSTOP')
      expect(await load.next(performance.now())).toBeLessThan(LONGEST_MS)
      await load.stop()
      other.child.kill('SIGCONT')
      await hanging.stop()
    }
    other.child.kill('SIGTERM')
    await other.exited
  })

  it('a transaction of our own takes the lock and never ends: it is terminated, logged and counted', async () => {
    const before = await stopped(service)
    const load = writing(service)
    const hung = await takeLock({
      service: 'follow-graph',
      instance: 'gone:1',
      statement: 'changes/follow',
      timeout_ms: 100,
    })
    // Changes that were committed before the lock are answered by now.
    await wait(500)
    expect(await load.next(performance.now())).toBeLessThan(LONGEST_MS)
    await load.stop()
    await hung.close().catch(() => undefined)
    await expect.poll(() => stopped(service), { timeout: LONGEST_MS }).toBe(before + 1)
    await expect
      .poll(() => service.said(), { timeout: LONGEST_MS })
      .toMatch(/"instance":"gone:1".*"query":"changes\/follow".*"msg":"changes are held up"/)
  })

  it('a transaction of another program has ended, which is logged but not terminated', async () => {
    const load = writing(service)
    const foreign = await takeLock()
    await vi.waitFor(
      async () => expect(await ready(service)).toEqual({ status: 'ready', reason: 'writers' }),
      {
        timeout: LONGEST_MS,
        interval: 200,
      },
    )
    await vi.waitFor(
      () => expect(service.said()).toMatch(/"ours":false,"instance":null,"client":"neo4j 127.*"ended":\[\]/),
      LONGEST_MS,
    )
    // Readiness says `writers` after three seconds without a change, so changes from before the lock are answered by now.
    const lastDone = load.lastDone()
    await wait(3_000)
    expect(load.lastDone()).toBe(lastDone)
    await foreign.commit()
    expect(await load.next(performance.now())).toBeLessThan(LONGEST_MS)
    await load.stop()
    await vi.waitFor(async () => expect(await ready(service)).toEqual({ status: 'ready' }), {
      timeout: LONGEST_MS,
    })
  })
})
