// Promise 31: every kind of reader receives all events in order, while two instances write, an import runs, and one instance and the database
// are killed with SIGKILL.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, it, vi } from 'vitest'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import type { OwnDatabase } from '../../src/database/own.ts'
import { openGraph } from '../../src/graph/graph.ts'
import { startService } from '../../src/service.ts'
import { open } from '../events/stream-client.ts'
import { type Event, eventReader, type Person } from '../events/support.ts'
import { javaOf, startJavaDatabase } from '../support/java-database.ts'
import { random } from '../support/random.ts'
import { startReceiver } from '../support/receiver.ts'
import { lanes, measured, runs, scale } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import { cleanUp, type Program, serve } from './built.ts'

const CHANGES = runs(1_500, 200_000)
const WRITERS = scale(24, 64)
const USERS = scale(60, 400)
vi.setConfig({ testTimeout: scale(300_000, 3_600_000) })

const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31))
const folder = mkdtempSync(join(tmpdir(), 'follow-graph-events-'))
const data = join(folder, 'database')
let database: OwnDatabase = await startJavaDatabase(data)
const { uri, username, password } = database
const env = { NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password, LOG_LEVEL: 'warn' }
const service = await startTestService(env)
const reader = await eventReader(service)
const graph = openGraph({ uri, username, password, database: 'neo4j' })
const programs: Program[] = await Promise.all([serve(env), serve(env)])
// Only this service may deliver webhooks to loopback; it retries a refused delivery soon, so that the test ends.
const deliverer = await startService(
  readConfig({ ...env, LOG_LEVEL: 'silent', PORT: '0', RATE_LIMIT: 'off', WEBHOOKS_PRIVATE: 'on' }),
  { uri, username, password, database: 'neo4j' },
  true,
  undefined,
  { retryMs: [50, 100, 200] },
)
const receiver = await startReceiver()
afterAll(async () => {
  cleanUp()
  await deliverer.stop()
  await receiver.stop()
  await graph.close()
  await service.stop()
  await database.stop()
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
}, 60_000)

// The instance that is killed starts again at another address.
const address = (at: number): string => (programs[at % 2] as Program).url

/** Makes one change at either instance; retries where the instance or the database was killed or is overloaded. */
async function change(at: number, method: string, path: string, token: string, json?: unknown) {
  for (let tries = 0; tries < 600; tries += 1) {
    try {
      const answer = await fetch(address(at + tries) + path, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      })
      await answer.text()
      if (answer.status !== 503) return
    } catch {
      // Whether it was made is unknown, but every change can be repeated.
    }
    await wait(100)
  }
  throw new Error(`${method} ${path} found no instance`)
}

type Reader = { name: string; events: Event[]; stop(last: string): Promise<void> }

/** Reads with `next`, which returns the events after an id, until the event `last` has come. */
function reading(name: string, since: string, next: (since: string) => Promise<Event[]>): Reader {
  const events: Event[] = []
  let end: bigint | null = null
  const done = (async () => {
    for (let at = since; end === null || BigInt(at) < end; ) {
      const more = await next(at).catch(() => wait(50).then((): Event[] => []))
      events.push(...more)
      at = more.at(-1)?.meta.id ?? at
    }
  })()
  return {
    name,
    events,
    stop(last) {
      end = BigInt(last)
      return done
    },
  }
}

const pages = async (at: number, query: string): Promise<Event[]> => {
  const answer = await fetch(`${address(at)}/events?${query}`, {
    headers: { Authorization: `Bearer ${reader.token}` },
  })
  const body = (await answer.json()) as { data: Event[] }
  if (answer.status !== 200) throw new Error(JSON.stringify(body))
  return body.data
}

/** A webhook whose receiver refuses a third of the deliveries, which are then sent again. */
async function hooked(rnd: () => number): Promise<Reader> {
  const answer = await fetch(`${deliverer.url}/webhooks`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${reader.token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ url: receiver.url }),
  })
  expect(answer.status).toBe(200)
  receiver.secret = ((await answer.json()) as { data: { secret: string } }).data.secret
  receiver.answer = (_, response) => {
    response.statusCode = rnd() < 1 / 3 ? 500 : 200
    response.end()
  }
  const events: Event[] = []
  const newest = () => BigInt(receiver.accepted.at(-1)?.meta.id ?? 0)
  return {
    name: 'webhook',
    events,
    async stop(last) {
      await receiver.until(() => newest() >= BigInt(last), 120_000)
      for (const event of receiver.accepted)
        if (BigInt(event.meta.id) > BigInt(events.at(-1)?.meta.id ?? 0)) events.push(event)
      expect(receiver.forged).toBe(0)
    },
  }
}

/** Opens a stream, reads it for a random time, and returns the events that came whole. */
async function piece(rnd: () => number, since: string, sse: boolean): Promise<Event[]> {
  const url = `${address(Math.floor(rnd() * 2))}/events/stream`
  const stream = sse
    ? await open(url, reader.token, { sse, headers: { 'Last-Event-ID': since } })
    : await open(`${url}?since_id=${since}`, reader.token)
  await Promise.race([wait(50 + rnd() * 1_500), stream.ended])
  stream.leave()
  await stream.ended
  return stream.events()
}

it('every reader receives the same events in the same order, and replaying them gives the graph', async () => {
  const rnd = random(seed)
  const people = (await Promise.all(Array.from({ length: USERS }, () => service.user()))) as Person[]
  const since = await reader.now()
  const readers: Reader[] = [
    reading('SSE', since, (at) => piece(rnd, at, true)),
    reading('frames', since, (at) => piece(rnd, at, false)),
    reading('long poll', since, (at) => pages(0, `since_id=${at}&count=200&wait=2`)),
    reading('pages', since, (at) => pages(1, `since_id=${at}&count=7`)),
    await hooked(random(seed + 1)),
  ]
  const any = () => people[Math.floor(rnd() * people.length)] as Person
  let made = 0
  const writing = lanes(WRITERS, CHANGES, async (n) => {
    const [a, b, dice] = [any(), any(), rnd()]
    made += 1
    if (dice < 0.5) await change(n, 'POST', `/users/${b.id}/follow`, a.token)
    else if (dice < 0.75) await change(n, 'DELETE', `/users/${b.id}/follow`, a.token)
    else if (dice < 0.8) await change(n, 'POST', `/users/${b.id}/block`, a.token)
    else if (dice < 0.85) await change(n, 'DELETE', `/users/${b.id}/block`, a.token)
    else if (dice < 0.9)
      await change(n, 'POST', '/follows', a.token, {
        follow: [any().id, any().id, b.id],
        unfollow: [any().id, any().id],
      })
    else if (dice < 0.95) await change(n, 'POST', `/users/${b.id}/mute`, a.token)
    else if (dice < 0.99) await change(n, 'DELETE', `/users/me/followers/${b.id}`, a.token)
    else await change(n, 'PATCH', '/users/me', a.token, { name: `n${n}` })
  })
  const disturbing = (async () => {
    while (made < CHANGES / 4) await wait(20)
    const first = BigInt(people[0]?.id ?? 1) * 7n
    const lines = Array.from({ length: 200 }, (_, n) => `${first + BigInt(n)},${first + BigInt(n) + 1n}`)
    const follows = join(folder, 'follows.csv')
    writeFileSync(follows, `follower_id,followee_id\n${lines.join('\n')}\n`)
    await importFiles(readConfig(env), { data: folder, follows })
    while (made < CHANGES / 2) await wait(20)
    const [, victim] = programs as [Program, Program]
    victim.child.kill('SIGKILL')
    await victim.exited
    programs[1] = await serve(env)
    while (made < (3 * CHANGES) / 4) await wait(20)
    process.kill(javaOf(data), 'SIGKILL')
    await database.ended
    database = await startJavaDatabase(data)
  })()
  await Promise.all([writing, disturbing])
  for (const user of people.slice(0, 3)) await change(0, 'DELETE', `/users/${user.id}`, reader.token)
  await change(0, 'PATCH', '/users/me', (people.at(-1) as Person).token, { name: 'the last one' })
  const last = (await reader.about([(people.at(-1) as Person).id], since)).at(-1)?.meta.id as string
  await Promise.all(readers.map((one) => one.stop(last)))
  // One more reader, which starts after all changes.
  const late: Event[] = []
  for (let at = since, more = true; more; ) {
    const { data, meta } = await reader.page(`since_id=${at}&count=200`)
    late.push(...data)
    at = meta.max_id
    more = meta.more
  }
  const upTo = (events: Event[]) =>
    events.map(({ meta }) => meta).filter(({ id }) => BigInt(id) <= BigInt(last))
  const whole = upTo(late)
  const ids = whole.map(({ id }) => BigInt(id))
  expect(ids.every((id, n) => n === 0 || id > (ids[n - 1] as bigint))).toBe(true)
  for (const { name, events } of readers) expect(upTo(events), `${name}, seed ${seed}`).toEqual(whole)
  const pairs = new Map<string, string>()
  for (const { meta, data } of late) {
    if (meta.type !== 'user_follow') continue
    const pair = `${data.user.id},${data.follows_user.id}`
    if (meta.is_deleted === true) {
      expect(pairs.get(pair), `the end of ${pair}, seed ${seed}`).toBe(meta.pagination_id)
      pairs.delete(pair)
    } else pairs.set(pair, meta.pagination_id as string)
  }
  const standing = await graph.read(
    'test/follows',
    'MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id IN $ids RETURN f.follower_id, f.followee_id, f.id',
    { ids: people.map(({ id }) => BigInt(id)) },
  )
  expect([...pairs].map(([pair, id]) => `${pair},${id}`).sort()).toEqual(
    standing.map((row) => row.join()).sort(),
  )
  expect(late.filter(({ meta }) => meta.type === 'reset')).toHaveLength(1)
  measured(
    31,
    `${CHANGES} requests, ${whole.length} events, seed ${seed}: the same for ${readers.length + 1} readers`,
  )
})
