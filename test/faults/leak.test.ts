// Promise 15: after an hour under half of its full load a service uses no more memory and handles than after the first minutes.
// FAULTS=long LEAK_SECONDS=300 runs five minutes instead of an hour.
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, inject, it } from 'vitest'
import { metric } from '../support/metrics.ts'
import { LONG, lanes, measured, scale } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import { cleanUp, serve } from './built.ts'
import { megabytes, openFiles, rssOf } from './process-facts.ts'

const direct = await startTestService()
const { uri, password } = inject('neo4j')
afterAll(cleanUp)

const SECONDS = Number(process.env.LEAK_SECONDS ?? scale(12, 3_600))
const WIDTH = 16

/** Slope of a line through the points, least squares. */
function slope(points: [x: number, y: number][]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const covariance = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0)
  return covariance / points.reduce((sum, [px]) => sum + (px - x) ** 2, 0)
}

it('15: nothing grows under half of the load', { timeout: SECONDS * 1_500 + 120_000 }, async () => {
  const program = await serve({ NEO4J_URI: uri, NEO4J_PASSWORD: password, LOG_LEVEL: 'info' })
  const pid = program.child.pid as number
  const people = await direct.users(WIDTH + 1)
  const star = people[WIDTH]
  let [failed, steps] = [0, 0]

  // Refused requests too, because leaks are usually in paths that are rarely taken.
  const step = async (n: number, lane: number) => {
    const me = people[lane] as (typeof people)[0]
    const requests: [method: string, path: string, token: string, status: number][] = [
      ['POST', `/users/${star?.id}/follow`, me.token, 200],
      ['GET', `/users/${star?.id}/followers?count=20`, me.token, 200],
      ['GET', `/users/${star?.id}/followers/ids`, me.token, 200],
      ['GET', `/users/${me.id}`, me.token, 200],
      ['DELETE', `/users/${star?.id}/follow`, me.token, 200],
      ['GET', '/users/0', me.token, 404],
      ['GET', '/token', 'fg_u_nobody', 401],
      ['POST', `/users/${me.id}/follow`, me.token, 400],
    ]
    const [method, path, token, status] = requests[n % requests.length] as (typeof requests)[0]
    const stop = new AbortController()
    // Every fiftieth client disconnects before it is answered.
    if (n % 50 === 49) setTimeout(() => stop.abort(), 1)
    try {
      const answer = await fetch(program.url + path, {
        method,
        headers: { Authorization: `Bearer ${token}` },
        signal: stop.signal,
      })
      await answer.arrayBuffer()
      if (answer.status !== status && answer.status !== 503) failed += 1
    } catch (error) {
      if (!stop.signal.aborted) throw error
    }
    steps += 1
  }

  /** What the process holds without load; the service closes idle connections after five seconds. */
  async function atRest() {
    await wait(7_000)
    // Statements are planned in the background, which takes longer on a busy machine.
    await expect.poll(() => metric(program.url, 'followgraph_database_sessions'), { timeout: 60_000 }).toBe(0)
    return {
      files: openFiles(pid),
      handles: await metric(program.url, 'nodejs_active_handles'),
      sessions: await metric(program.url, 'followgraph_database_sessions'),
    }
  }

  // A warm-up at full load, which also measures the full load.
  const warm = scale(4_000, 60_000)
  const began = performance.now()
  await lanes(WIDTH, WIDTH, async (lane) => {
    for (let n = lane; performance.now() - began < warm; n += 1) await step(n, lane)
  })
  const pace = (2 * WIDTH * warm) / steps
  const before = await atRest()
  const rssBefore = rssOf(pid)

  steps = 0
  const points: [hours: number, megabytes: number][] = []
  const from = performance.now()
  const watching = (async () => {
    while (performance.now() - from < SECONDS * 1_000) {
      points.push([(performance.now() - from) / 3_600_000, rssOf(pid) / 2 ** 20])
      await wait(1_000)
    }
  })()
  await lanes(WIDTH, WIDTH, async (lane) => {
    for (let n = lane, due = from; due - from < SECONDS * 1_000; n += 1, due += pace) {
      const early = due - performance.now()
      if (early > 0) await wait(early)
      await step(n, lane)
    }
  })
  await watching
  const after = await atRest()
  const rssAfter = rssOf(pid)

  // Memory varies with garbage collection: the minimum of each minute is what is really in use.
  const least: [hours: number, megabytes: number][] = []
  for (const [hours, held] of points) {
    const minute = Math.floor(hours * 60)
    if (held < (least[minute]?.[1] ?? Number.POSITIVE_INFINITY)) least[minute] = [hours, held]
  }
  const grown = slope(least.slice(Math.floor(least.length / 6)))
  measured(
    15,
    `${SECONDS} s, ${steps} requests (${Math.round(steps / SECONDS)}/s, half of full load), ${failed} unexpected; at rest ${JSON.stringify(before)} before, ${JSON.stringify(after)} after; RSS ${megabytes(rssBefore)} MB before, ${megabytes(rssAfter)} MB after, at most ${Math.max(...points.map(([, mb]) => mb)).toFixed(1)} MB; ${least.length > 2 ? `slope ${grown.toFixed(2)} MB/h` : 'too short for a slope'}`,
  )
  expect(failed).toBe(0)
  expect(after.sessions).toBe(0)
  // The pool opens and closes connections to the database as it needs them; a leak of one in a hundred requests is more.
  expect(after.files).toBeLessThanOrEqual(before.files + 8)
  expect(after.handles).toBeLessThanOrEqual(before.handles + 8)
  expect(program.said()).not.toContain('MaxListenersExceededWarning')
  expect(rssAfter - rssBefore).toBeLessThan(60 * 2 ** 20)
  if (LONG && SECONDS >= 3_600) expect(grown).toBeLessThan(1)
  program.child.kill('SIGTERM')
  expect(await program.exited).toBe(0)
})
