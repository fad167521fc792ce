// Promises 1 and 13: a database is killed or paused under load, and the service goes on without a restart.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import type { OwnDatabase } from '../../src/database/own.ts'
import { openGraph } from '../../src/graph/graph.ts'
import { startFollowGraph } from '../../src/testing.ts'
import { javaOf, startJavaDatabase } from '../support/java-database.ts'
import { metric } from '../support/metrics.ts'
import { patiently, untilAnswered } from '../support/patiently.ts'
import { lanes, measured, percentile, runs, scale } from '../support/scale.ts'

const data = mkdtempSync(join(tmpdir(), 'follow-graph-faults-'))
let database: OwnDatabase = await startJavaDatabase(data)
const { uri, username, password } = database
const service = await startFollowGraph({ neo4j: { uri, username, password } })
afterAll(async () => {
  await service.stop()
  await database.stop()
  rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
}, 60_000)

async function call(method: string, path: string, token?: string) {
  const began = performance.now()
  const response = await fetch(service.url + path, {
    method,
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  })
  const text = await response.text()
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: JSON.parse(text),
    ms: performance.now() - began,
  }
}

let made = 0
async function people(count: number) {
  const all: { id: string; token: string }[] = []
  for (let n = 0; n < count; n += 1) {
    made += 1
    const id = made
    const user = await patiently(() =>
      service.createUser({ id, username: `p${id}` }).catch((error: Error) => {
        // The first try has created the user; only its answer was late.
        if (/taken|exists/.test(error.message)) return { id: String(id), username: `p${id}` }
        throw error
      }),
    )
    all.push({ id: user.id, token: await patiently(() => service.tokenFor(user)) })
  }
  return all
}

it('a wrong password is a 503 whose reason says so, and readiness says it too', async () => {
  const locked = openGraph({ ...database, database: 'neo4j', password: 'certainly not' })
  await expect(locked.ping()).rejects.toMatchObject({ name: 'GraphUnavailable', reason: 'credentials' })
  await expect(locked.read('test', 'RETURN 1')).rejects.toMatchObject({
    name: 'GraphUnavailable',
    reason: 'credentials',
  })
  await locked.close()
})

// Acknowledged writes before each SIGKILL: 20 of them make the promise's 50,000.
const EACH = scale(300, 2_600)

it('1: SIGKILL of Neo4j under 32 writers loses no acknowledged follow', { timeout: 3_600_000 }, async () => {
  const writers = await people(32)
  const targets = await people(scale(60, 300))
  const rounds = runs(1, 20)
  let [acknowledged, unknown, slowest] = [0, 0, 0]
  for (let round = 0; round < rounds; round += 1) {
    const wished = new Map(writers.map((writer) => [writer.id, new Map<string, boolean>()]))
    let going = true
    let killed = false
    const doubtful = new Set<string>()
    const writing = lanes(32, 32, async (n) => {
      const writer = writers[n] as (typeof writers)[0]
      for (let step = 0; going; step += 1) {
        const target = targets[step % targets.length] as (typeof targets)[0]
        const known = wished.get(writer.id) as Map<string, boolean>
        const wish = known.get(target.id) !== true
        known.delete(target.id)
        const answer = await call(wish ? 'POST' : 'DELETE', `/users/${target.id}/follow`, writer.token)
        expect([200, 503]).toContain(answer.status)
        if (answer.status === 200) {
          known.set(target.id, wish)
          acknowledged += 1
        } else {
          unknown += 1
          // This change may still commit later, so this pair is not checked.
          doubtful.add(`${writer.id} ${target.id}`)
          if (killed) going = false
        }
      }
    })
    // A new database on a busy machine is slow at first, so it is killed only after enough writes.
    const enough = acknowledged + EACH
    for (let tries = 0; acknowledged < enough && tries < 3_000; tries += 1) await wait(10)
    killed = true
    process.kill(javaOf(data), 'SIGKILL')
    await writing
    await database.ended
    const began = performance.now()
    database = await startJavaDatabase(data)
    while ((await call('GET', '/health/ready')).status !== 200) await wait(50)
    slowest = Math.max(slowest, performance.now() - began)
    // Ready means that the next caller is answered, also by a database that has just come back.
    expect((await call('GET', '/users/me', writers[0]?.token)).status).toBe(200)
    for (const writer of writers) {
      // Ready does not include the statement for lists of ids: the first of them may get a 503, which says nothing about lost writes.
      const answer = await untilAnswered(() => call('GET', `/users/${writer.id}/following/ids`, writer.token))
      expect(answer.status).toBe(200)
      const ids = new Set(answer.body.data as string[])
      for (const [target, follows] of wished.get(writer.id) as Map<string, boolean>) {
        if (!doubtful.has(`${writer.id} ${target}`))
          expect(ids.has(target), `${writer.id} to ${target}`).toBe(follows)
      }
    }
  }
  measured(
    1,
    `${rounds} kills, ${acknowledged} acknowledged writes, ${unknown} unknown, 0 lost; ready again after ${Math.round(slowest)} ms at most`,
  )
  expect(acknowledged).toBeGreaterThanOrEqual(rounds * scale(200, 2_500))
  // Most of this time is Java's start, which takes longer while other tests run.
  expect(slowest).toBeLessThan(scale(60_000, 15_000))
})

it('13: a database that hangs is a 503 within three seconds, and the service lives on', {
  timeout: 240_000,
}, async () => {
  const [a, b] = (await people(2)) as { id: string; token: string }[]
  const stopped = javaOf(data)
  const late: number[] = []
  const live: number[] = []
  process.kill(stopped, 'SIGSTOP')
  try {
    const until = performance.now() + scale(5_000, 30_000)
    await lanes(24, 24, async (n) => {
      while (performance.now() < until) {
        if (n < 2) {
          const answer = await call('GET', '/health/live')
          expect(answer.status).toBe(200)
          live.push(answer.ms)
          await wait(100)
          continue
        }
        const answer =
          n % 2 === 0
            ? await call('POST', `/users/${b?.id}/follow`, a?.token)
            : await call('GET', `/users/${a?.id}/followers`, a?.token)
        expect(answer.status).toBe(503)
        expect(answer.retryAfter).toBe('1')
        late.push(answer.ms)
        await wait(50)
      }
    })
    const ready = await call('GET', '/health/ready')
    expect(ready).toMatchObject({
      status: 503,
      body: { reason: expect.stringMatching(/^(slow|busy|unreachable)$/) },
    })
    expect(ready.ms).toBeLessThan(3_000)
  } finally {
    process.kill(stopped, 'SIGCONT')
  }
  const back = performance.now()
  while ((await call('POST', `/users/${b?.id}/follow`, a?.token)).status !== 200) await wait(50)
  const took = performance.now() - back
  expect(percentile(late, 100)).toBeLessThan(3_000)
  expect(percentile(live, 50)).toBeLessThan(scale(500, 50))
  // A young service still plans statements in the background, in one session.
  await expect.poll(() => metric(service.url, 'followgraph_database_sessions'), { timeout: 90_000 }).toBe(0)
  measured(
    13,
    `${late.length} answers, slowest ${Math.round(percentile(late, 100))} ms; live p50 ${Math.round(percentile(live, 50))} ms, p99 ${Math.round(percentile(live, 99))} ms; writes again ${Math.round(took)} ms after SIGCONT; no session left`,
  )
})
