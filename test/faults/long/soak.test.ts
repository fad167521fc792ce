// Promise 33, the soak: for an hour 128 clients on two instances, eight changes to two pages, while Neo4j samples its indexes, loses its plans
// and stands still for five seconds each five minutes. SOAK_SECONDS makes it shorter.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { ownJavaDatabase } from '../../support/java-database.ts'
import { metric } from '../../support/metrics.ts'
import { patiently } from '../../support/patiently.ts'
import { random } from '../../support/random.ts'
import { measured, percentile } from '../../support/scale.ts'
import { startTestService } from '../../support/service.ts'
import { cleanUp, serve } from '../built.ts'
import { megabytes, rssOf } from '../process-facts.ts'
import { newSeed } from '../proxy.ts'
import { openWire } from '../wire.ts'

const SECONDS = Number(process.env.SOAK_SECONDS ?? 3_600)
const CLIENTS = 128
const PEOPLE = 1_024
const WINDOW_MS = 10_000
const STOP_MS = 5_000

const { data, driver, env, java } = await ownJavaDatabase('soak')
const kit = await startTestService(env)
afterAll(cleanUp)

/** The number of the newest file of Neo4j's transaction log, which grows by one with each rotation. */
const rotations = (): number =>
  Math.max(
    ...readdirSync(join(data, 'neo4j/data/transactions/neo4j'))
      .map((name) => Number(/^neostore\.transaction\.db\.(\d+)$/.exec(name)?.[1]))
      .filter(Number.isFinite),
  )

it('33: changes go on for an hour', { timeout: SECONDS * 1_000 + 600_000 }, async () => {
  const next = random(newSeed())
  const people: { id: string; token: string }[] = []
  while (people.length < PEOPLE) people.push(...(await patiently(() => kit.users(64))))
  const instances = [await serve(env), await serve(env)]
  const firstFile = rotations()

  const from = performance.now()
  const until = from + SECONDS * 1_000
  const done: number[] = []
  const stops: number[] = []
  const times: number[] = []
  let [changes, pages, refused] = [0, 0, 0]
  /** Of each person, whom it follows and does not follow by changes that were answered. */
  const follows = new Map(people.map(({ id }) => [id, new Map<string, boolean>()]))

  const unknown = new Set<string>()

  const clients = Array.from({ length: CLIENTS }, async (_, lane) => {
    const wire = await openWire(instances[lane % 2]!.url)
    // Nobody else changes what these follow.
    const mine = people.filter((_, n) => n % CLIENTS === lane)
    while (performance.now() < until) {
      const me = mine[Math.floor(next() * mine.length)]!
      const other = people[Math.floor(next() * PEOPLE)]!
      if (other === me) continue
      if (next() < 0.2) {
        const { status } = await wire.ask('GET', `/users/${other.id}/followers`, me.token)
        expect([200, 503]).toContain(status)
        pages += 1
        continue
      }
      if (unknown.has(`${me.id} ${other.id}`)) continue
      const known = follows.get(me.id)!
      const wanted = known.get(other.id) !== true
      known.delete(other.id)
      const answer = await wire.ask(wanted ? 'POST' : 'DELETE', `/users/${other.id}/follow`, me.token)
      expect([200, 503]).toContain(answer.status)
      if (answer.status === 503) {
        // Whether it was made is not known, and it may be made later still: nobody changes or compares this pair again.
        unknown.add(`${me.id} ${other.id}`)
        refused += 1
        await wait(1_000)
        continue
      }
      known.set(other.id, wanted)
      changes += 1
      if (changes % 50 === 0) times.push(answer.ms)
      done.push(performance.now())
    }
    wire.close()
  })

  /** Runs `work` each `seconds`, until the end. */
  async function each(seconds: number, work: () => Promise<unknown>): Promise<void> {
    for (let due = from + seconds * 1_000; due < until - WINDOW_MS; due += seconds * 1_000) {
      await wait(due - performance.now())
      await work()
    }
  }
  const held: { minute: number; services: number[]; java: number; changes: number }[] = []
  const disturbing = [
    // What stopped the writers in decision 015. Checkpoints come by themselves, each 100,000 transactions; Community has no procedure for them.
    each(60, () => driver.executeQuery('CALL db.resampleOutdatedIndexes()')),
    each(97, () => driver.executeQuery('CALL db.clearQueryCaches()')),
    each(300, async () => {
      stops.push(performance.now())
      process.kill(java, 'SIGSTOP')
      await wait(STOP_MS)
      process.kill(java, 'SIGCONT')
    }),
    each(60, async () => {
      const minute = Math.round((performance.now() - from) / 60_000)
      const services = instances.map(({ child }) => rssOf(child.pid as number) / 2 ** 20)
      held.push({ minute, services, java: rssOf(java) / 2 ** 20, changes })
      process.stderr.write(
        `minute ${minute}: ${changes} changes, ${refused} refused, services ${services.map(Math.round)} MB, Neo4j ${megabytes(rssOf(java))} MB, log file ${rotations()}\n`,
      )
    }),
  ]
  await Promise.all([...clients, ...disturbing])

  // Times between two answered changes, without what of them Neo4j was stopped for.
  const stoppedIn = (a: number, b: number) =>
    stops.reduce((sum, at) => sum + Math.max(0, Math.min(b, at + STOP_MS) - Math.max(a, at)), 0)
  let longest = 0
  const answered = [from, ...done, Math.max(until, done.at(-1) ?? 0)]
  for (let n = 1; n < answered.length; n += 1) {
    const [a, b] = [answered[n - 1]!, answered[n]!]
    if (b - a > longest) longest = Math.max(longest, b - a - stoppedIn(a, b))
  }
  const stoppedChanges = await Promise.all(
    instances.map(({ url }) => metric(url, 'followgraph_changes_stopped_total')),
  )

  // What was answered is what the graph holds.
  let [compared, wrong] = [0, 0]
  for (const { id, token } of people) {
    const { body } = await kit.call('GET', `/users/${id}/following/ids`, { token })
    const now = new Set(body.data as string[])
    for (const [other, is] of follows.get(id)!) {
      compared += 1
      if (now.has(other) !== is) wrong += 1
    }
  }

  const [early, late] = [held[Math.floor(held.length / 6)], held.at(-1)]
  measured(
    33,
    `soak of ${SECONDS} s: ${changes} changes (p50 ${Math.round(percentile(times, 50))} ms, p99 ${Math.round(percentile(times, 99))} ms), ${pages} pages, ${refused} changes refused; ${rotations() - firstFile} rotations of the log, ${stops.length} stops of ${STOP_MS / 1_000} s; longest time without an answered change beside the stops ${Math.round(longest)} ms; times that the services saw changes stop ${stoppedChanges}; MB of the services and Neo4j ${early && `${early.services.map(Math.round)}, ${Math.round(early.java)} in minute ${early.minute}`}, ${late && `${late.services.map(Math.round)}, ${Math.round(late.java)} in minute ${late.minute}`}; ${compared} pairs compared, ${wrong} wrong`,
  )
  expect(wrong).toBe(0)
  expect(longest).toBeLessThan(WINDOW_MS)
  if (early && late)
    for (const [n, before] of early.services.entries()) expect(late.services[n]! - before).toBeLessThan(30)
  for (const { child, exited } of instances) {
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
  }
})
