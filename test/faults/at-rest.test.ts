// Promise 7: after many changes of every kind, once nobody writes any more, lists, ids, counts and the audit agree.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { auditGraph } from '../../src/transfer/audit/audit.ts'
import { ownGraph } from '../support/own-graph.ts'
import { patiently, untilAnswered } from '../support/patiently.ts'
import { endPrograms, runProgram } from '../support/program.ts'
import { random } from '../support/random.ts'
import { lanes, measured, runs, scale, stopwatch } from '../support/scale.ts'
import { type Program, serve } from './built.ts'
import { newSeed } from './proxy.ts'
import { openWire, type Reply, type Wire } from './wire.ts'

// The audit reads the whole graph, so this test has a graph of its own.
const graph = ownGraph()
const folder = mkdtempSync(join(tmpdir(), 'at-rest-'))
afterAll(() => {
  endPrograms()
  rmSync(folder, { recursive: true })
})

const WIDTH = 32
const PEOPLE = scale(24, 300)
const BULK = 20
const KINDS = [
  ...['POST follow', 'POST follow', 'POST follow', 'POST follow', 'DELETE follow', 'DELETE follow'],
  ...['POST block', 'DELETE block', 'DELETE block', 'POST mute', 'DELETE mute', 'bulk'],
]
type Person = { id: string; token: string }

let made = 0
async function newcomer(): Promise<Person> {
  made += 1
  const user = { id: String(made), username: `p${made}` }
  await patiently(() =>
    graph.kit.createUser(user).catch((error: Error) => {
      // The first try has created the user; only its answer was late.
      if (!/taken/.test(error.message)) throw error
    }),
  )
  return { id: user.id, token: await patiently(() => graph.kit.tokenFor(user)) }
}

async function storm(programs: Program[], people: Person[], count: number, seed: number) {
  const [next, more] = [random(seed), stopwatch()]
  const some = (): number => Math.floor(next() * people.length)
  const app = await patiently(() => graph.kit.appToken())
  const wires = await Promise.all(Array.from({ length: WIDTH }, (_, n) => openWire(programs[n % 2]!.url)))
  const done = { operations: 0, requests: 0, deleted: 0, imported: 0 }
  const statuses = new Map<number, number>()
  const note = ({ status }: Reply, operations: number) => {
    done.requests += 1
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    // After a 503 nobody knows whether the change was made, so it does not count.
    if (status !== 503) done.operations += operations
  }

  async function change(wire: Wire, me: Person): Promise<void> {
    const kind = KINDS[Math.floor(next() * KINDS.length)] as string
    if (kind !== 'bulk') {
      const [method, what] = kind.split(' ') as [string, string]
      note(await wire.ask(method, `/users/${people[some()]?.id}/${what}`, me.token), 1)
      return
    }
    const whom = () => Array.from({ length: BULK / 2 }, () => people[some()]?.id)
    const text = JSON.stringify({ follow: whom(), unfollow: whom() })
    note(await wire.ask('POST', '/follows', me.token, { type: 'application/json', text }), BULK)
  }

  /** Deletes one user and puts a new one in its place. */
  async function replace(wire: Wire): Promise<void> {
    const [place, fresh] = [some(), await newcomer()]
    const gone = people[place] as Person
    people[place] = fresh
    note(await untilAnswered(() => wire.ask('DELETE', `/users/${gone.id}`, app)), 1)
    done.deleted += 1
  }

  /** Imports follows and blocks from files while others write. */
  async function take(n: number): Promise<void> {
    const lines = (header: string) => {
      const pairs = Array.from({ length: scale(50, 1_000) }, () => [some(), some()] as const)
      done.operations += pairs.length
      done.imported += pairs.length
      const file = join(folder, `${n}-${header.split('_', 1)[0]}.csv`)
      const text = pairs.map(([a, b]) => `${people[a]?.id},${people[b]?.id},2020-01-01T00:00:00Z\n`)
      writeFileSync(file, `${header}\n${text.join('')}`)
      return file
    }
    // Each follow that a block forbids prints a line: in a process of its own that does not fill the output of the test.
    const files = [
      ...['--follows', lines('follower_id,followee_id,followed_at')],
      ...['--blocks', lines('blocker_id,blocked_id,blocked_at')],
    ]
    for (let tries = 1; ; tries += 1) {
      const run = runProgram(['import', '--known-users', ...files], graph.settings())
      const status = await run.exited
      // An import that a busy machine interrupted continues where it stopped.
      if (status !== 0 && tries < 5) continue
      expect([status, run.told().slice(-500)]).toEqual([0, expect.any(String)])
      return
    }
  }

  await lanes(WIDTH, WIDTH, async (lane) => {
    const wire = wires[lane] as Wire
    for (let step = 0; done.operations < count && more(); step += 1) {
      if (lane === 0 && step % scale(16, 2_000) === scale(8, 1_000)) await take(step)
      else if (next() < 1 / 1_000) await replace(wire)
      else await change(wire, people[some()] as Person)
    }
    wire.close()
  })
  // 400: a user follows itself; 401 and 404: a user was just deleted; 403: a block; 503: the machine is busy.
  for (const status of statuses.keys()) expect([200, 400, 401, 403, 404, 503]).toContain(status)
  expect(statuses.get(200) ?? 0).toBeGreaterThan(done.requests * scale(0.1, 0.5))
  return { ...done, statuses }
}

/** Reads everything about one user and checks that the answers agree; the result is whom the user follows, and the followers. */
async function look(wire: Wire, person: Person): Promise<{ following: string[]; followers: string[] }> {
  const ask = async (path: string) => {
    const { status, body } = await untilAnswered(() => wire.ask('GET', path, person.token))
    expect([status, path]).toEqual([200, path])
    return JSON.parse(body)
  }
  async function walk(list: string): Promise<string[]> {
    const seen: string[] = []
    for (let before = ''; ; ) {
      const { data, meta } = await ask(`/users/me/${list}?count=200${before}`)
      seen.push(...data.map(({ id }: { id: string }) => id))
      if (!meta.more) return seen
      before = `&before_id=${meta.min_id}`
    }
  }
  const [following, followers] = [await walk('following'), await walk('followers')]
  for (const [list, seen] of Object.entries({ following, followers })) {
    expect(new Set(seen).size).toBe(seen.length)
    expect((await ask(`/users/me/${list}/ids`)).data.sort()).toEqual([...seen].sort())
  }
  const { counts } = (await ask('/users/me')).data
  expect(counts).toMatchObject({ following: following.length, followers: followers.length })
  const apart = new Set(await walk('blocked'))
  expect([...following, ...followers].filter((id) => apart.has(id))).toEqual([])
  return { following, followers }
}

it('7: at rest lists, ids, counts and the audit agree, after blocks, deletions and imports', {
  timeout: 3_600_000,
}, async () => {
  const { uri, password } = graph.kit.neo4j
  const settings = { NEO4J_URI: uri, NEO4J_PASSWORD: password, LOG_LEVEL: 'error' }
  const programs = await Promise.all([serve(settings), serve(settings)])
  const people: Person[] = []
  while (people.length < PEOPLE) people.push(await newcomer())
  const count = runs(1_500, 1_000_000)
  const began = performance.now()
  const told = await storm(programs, people, count, newSeed())
  const seconds = (performance.now() - began) / 1_000

  // What was answered by 503 may still commit until the database looks for transactions that are over their time.
  const open =
    "SHOW TRANSACTIONS YIELD metaData WHERE metaData.statement STARTS WITH 'changes/' RETURN metaData.statement"
  await expect.poll(() => patiently(() => graph.cypher(open)), { timeout: 60_000 }).toEqual([])
  const wire = await openWire((programs[0] as Program).url)
  const sides = { following: new Set<string>(), followers: new Set<string>() }
  for (const person of people) {
    const { following, followers } = await look(wire, person)
    for (const id of following) sides.following.add(`${person.id} ${id}`)
    for (const id of followers) sides.followers.add(`${id} ${person.id}`)
  }
  wire.close()
  // Both lists name the same follows: this graph has no other users.
  expect([...sides.following].sort()).toEqual([...sides.followers].sort())
  expect(sides.following.size).toBeGreaterThan(0)
  const { clean, rules } = await patiently(() => auditGraph(graph.parts, false, () => undefined))
  expect(rules.filter(({ count: faults }) => faults > 0)).toEqual([])
  expect(clean).toBe(true)
  for (const program of programs) program.child.kill('SIGTERM')
  expect(await Promise.all(programs.map(({ exited }) => exited))).toEqual([0, 0])
  measured(
    7,
    `${told.operations} operations (${told.requests} requests, ${told.imported} lines imported, ${told.deleted} users deleted) on ${PEOPLE} users in ${Math.round(seconds)} s, statuses ${JSON.stringify([...told.statuses])}; at rest ${sides.following.size} follows, lists = ids = counts, audit clean`,
  )
})
