// The log of changes is whole: every transaction of ours has its entry; imports and repairs are told once; what is dropped is said.
// Long, because every writer is tried on the same graph, and a database a file would take longer.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import neo4j, { type Driver } from 'neo4j-driver'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { audit } from '../../src/commands/audit.ts'
import { importFiles } from '../../src/commands/import.ts'
import { putSample } from '../../src/commands/sample.ts'
import { readConfig } from '../../src/config.ts'
import { dropOld } from '../../src/events/keep.ts'
import { createLog } from '../../src/events/log.ts'
import { endAbandonedRuns } from '../../src/events/runs.ts'
import { readBookmark } from '../../src/graph/bookmark.ts'
import { migrate } from '../../src/graph/schema.ts'
import type { TestUser } from '../../src/testing.ts'
import { ownGraph } from '../support/own-graph.ts'

const graph = ownGraph()
const { cypher } = graph
const folder = mkdtempSync(join(tmpdir(), 'follow-graph-log-'))
let driver: Driver
let app: string
beforeAll(async () => {
  const { uri, username, password } = graph.kit.neo4j
  driver = neo4j.driver(uri, neo4j.auth.basic(username, password), { useBigInt: true })
  app = await graph.kit.appToken(['basic', 'provision', 'events'])
})
afterAll(async () => {
  await driver?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The newest transaction of the database, and the newest entry of the log, of one moment. */
async function look(): Promise<{ transaction: bigint; ordinal: bigint }> {
  const session = driver.session()
  try {
    const { records } = await session.run('MATCH (s:Sequence) RETURN s.ordinal')
    const [bookmark = ''] = session.lastBookmarks()
    const transaction = readBookmark(bookmark)?.transaction
    if (transaction === undefined) throw new Error(`the bookmark ${bookmark} cannot be read`)
    return { transaction, ordinal: records[0]?.get(0) as bigint }
  } finally {
    await session.close()
  }
}

async function call(method: string, path: string, token: string, json?: unknown) {
  const answer = await fetch(graph.kit.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  // biome-ignore lint/suspicious/noExplicitAny: bodies of several shapes
  return { status: answer.status, body: (await answer.json()) as any }
}

const events = async (since: string) =>
  (await call('GET', `/events?since_id=${since}&count=200`, app)).body.data as {
    // biome-ignore lint/suspicious/noExplicitAny: users and reasons
    [key: string]: any
  }[]
const now = async (): Promise<string> => (await call('GET', '/events', app)).body.meta.max_id
const config = () => readConfig(graph.settings())
const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const quietly = async <T>(work: () => Promise<T>): Promise<T> => {
  const write = process.stdout.write
  process.stdout.write = () => true
  try {
    return await work()
  } finally {
    process.stdout.write = write
  }
}
const imported = (options: Record<string, string | boolean>) =>
  quietly(() => importFiles(config(), { data: folder, ...options }))

const TABLE: [
  what: string,
  work: (n: number, ada: TestUser, bo: TestUser, token: string) => Promise<unknown>,
][] = [
  ['follow', (_, __, bo, token) => call('POST', `/users/${bo.id}/follow`, token)],
  ['a follow that stands', (_, __, bo, token) => call('POST', `/users/${bo.id}/follow`, token)],
  ['unfollow', (_, __, bo, token) => call('DELETE', `/users/${bo.id}/follow`, token)],
  ['mute', (_, __, bo, token) => call('POST', `/users/${bo.id}/mute`, token)],
  ['unmute', (_, __, bo, token) => call('DELETE', `/users/${bo.id}/mute`, token)],
  [
    'a bulk request of both kinds',
    (_, ada, bo, token) => call('POST', '/follows', token, { follow: [bo.id], unfollow: [ada.id, bo.id] }),
  ],
  ['remove a follower', (_, __, bo, token) => call('DELETE', `/users/me/followers/${bo.id}`, token)],
  [
    'a request that is made, refused, made, accepted',
    async (_, ada, bo, token) => {
      await call('PATCH', '/users/me', token, { locked: true })
      const [eve] = [await graph.kit.createUser()]
      const other = await graph.kit.tokenFor(eve)
      for (const method of ['DELETE', 'POST']) {
        await call('POST', `/users/${ada.id}/follow`, other)
        await call(method, `/users/me/requests/${eve.id}`, token)
      }
      await call('POST', '/users/me/requests', token, { accept: [bo.id] })
    },
  ],
  ['block', (_, __, bo, token) => call('POST', `/users/${bo.id}/block`, token)],
  ['unblock', (_, __, bo, token) => call('DELETE', `/users/${bo.id}/block`, token)],
  ['one’s own profile', (n, _, __, token) => call('PATCH', '/users/me', token, { name: `Ada ${n}` })],
  ['a user of the account system', (n) => call('PUT', `/users/${900 + n}`, app, { username: `acc${n}` })],
  ['a deletion', (n) => call('DELETE', `/users/${900 + n}`, app)],
  ['a move', (_, ada, bo) => graph.kit.move(ada, bo)],
  ['a token', (_, ada) => graph.kit.tokenFor(ada)],
  ['a revoked token', async (_, ada) => call('DELETE', '/token', await graph.kit.tokenFor(ada))],
  ['a client with an app token', () => graph.kit.appToken()],
  [
    'a stream of an app',
    async () => {
      const { body } = await call('POST', '/streams', app, { object_types: ['user'], type: 'long_poll' })
      await call('DELETE', `/streams/${body.data.id}`, app)
    },
  ],
  ['users of a file', (n) => imported({ users: file('u.csv', `id,name\n70,n${n}\n71,m${n}\n`) })],
  [
    'relationships of files',
    (n) =>
      imported({
        follows: file('f.csv', `follower_id,followee_id\n70,${80 + n}\n71,${80 + n}\n`),
        mutes: file('m.csv', `muter_id,muted_id\n70,${80 + n}\n`),
        blocks: file('b.csv', `blocker_id,blocked_id\n71,${80 + n}\n`),
        requests: file('q.csv', `requester_id,requested_id\n${80 + n},70\n`),
      }),
  ],
  [
    'relationships that a file replaces',
    (n) =>
      imported({
        replace: true,
        follows: file('r.csv', `follower_id,followee_id,followed_at\n70,80,201${n}-01-01T00:00:00Z\n`),
      }),
  ],
  ['dropping old entries', () => dropOld(graph.parts, { days: 1, most: 20n })],
]

it('every transaction of ours has its entry in the log', async () => {
  const wrong: string[] = []
  // At the first time the database makes names of properties and labels, in transactions of its own.
  for (const n of [0, 1]) {
    for (const [what, work] of TABLE) {
      const [ada, bo] = [await graph.kit.createUser(), await graph.kit.createUser()]
      await graph.kit.follow(bo, ada)
      const token = await graph.kit.tokenFor(ada)
      const before = await look()
      await work(n, ada, bo, token)
      const after = await look()
      const [transactions, entries] = [after.transaction - before.transaction, after.ordinal - before.ordinal]
      if (n === 1 && (transactions !== entries || entries === 0n))
        wrong.push(`${what}: ${transactions} transactions, ${entries} entries`)
    }
  }
  expect(wrong).toEqual([])
})

it('so has every transaction of a repair, which is told once', async () => {
  for (const n of [0, 1]) {
    const [ada, bo] = [await graph.kit.createUser(), await graph.kit.createUser()]
    await cypher(
      'MATCH (a:User {id: $a}), (b:User {id: $b}) CREATE (a)-[:FOLLOWS]->(b), (b)-[:FOLLOWS]->(a), (a)-[:FOLLOWS]->(a)',
      {
        a: BigInt(ada.id),
        b: BigInt(bo.id),
      },
    )
    await cypher("MATCH (a:User {id: $a}) SET a.name = 'by hand'", { a: BigInt(ada.id) })
    await cypher("CREATE (:User {username: 'nobody' + $n})", { n: String(n) })
    const [since, before] = [await now(), await look()]
    expect(await quietly(() => audit(config(), { data: folder, repair: true }))).toBe(0)
    const after = await look()
    if (n === 1) expect(after.transaction - before.transaction).toBe(after.ordinal - before.ordinal)
    expect((await events(since)).map(({ meta, data }) => [meta.type, data])).toEqual([
      ['reset', { reason: 'repair' }],
    ])
  }
  const since = await now()
  await quietly(() => audit(config(), { data: folder, repair: true }))
  expect(await events(since)).toEqual([])
})

it('an import that changes something is told once, one that changes nothing is not', async () => {
  const files = {
    users: file('users.csv', 'id,username\n501,u501\n502,u502\n'),
    follows: file('follows.csv', 'follower_id,followee_id\n501,502\n502,503\n'),
  }
  for (const expected of [[['reset', { reason: 'import' }]], []]) {
    const since = await now()
    await imported(files)
    expect((await events(since)).map(({ meta, data }) => [meta.type, data])).toEqual(expected)
  }
  const since = await now()
  await imported({ ...files, 'dry-run': true })
  expect(await events(since)).toEqual([])
})

it('a move is told once, as the profile and a reset; a repeat is not', async () => {
  const [from, to, fan] = [
    await graph.kit.createUser(),
    await graph.kit.createUser(),
    await graph.kit.createUser(),
  ]
  await graph.kit.follow(fan, from)
  const since = await now()
  await graph.kit.move(from, to)
  await graph.kit.move(from, to)
  expect((await events(since)).map(({ meta, data }) => [meta.type, data.moved_to ?? data.reason])).toEqual([
    ['user', to.id],
    ['reset', 'move'],
  ])
})

it('an import whose process died is told when its silence has lasted a minute', async () => {
  const since = await now()
  await cypher(
    "CREATE (:Run {id: 'dead', reason: 'import', at: datetime.realtime().epochMillis - 61000}), (:Run {id: 'alive', reason: 'import', at: datetime.realtime().epochMillis - 30000})",
  )
  expect(await endAbandonedRuns(graph.parts)).toEqual(['import'])
  expect(await endAbandonedRuns(graph.parts)).toEqual([])
  expect((await events(since)).map(({ data }) => data)).toEqual([{ reason: 'import' }])
  expect(await cypher('MATCH (r:Run) RETURN r.id')).toEqual([['alive']])
  await cypher('MATCH (r:Run) DELETE r')
})

it('drops what is over the number or the days that are kept, and says 410 to those who are behind', async () => {
  const [ada, bo] = [await graph.kit.createUser(), await graph.kit.createUser()]
  const token = await graph.kit.tokenFor(ada)
  const since = await now()
  for (const method of ['POST', 'DELETE', 'POST', 'DELETE', 'POST', 'DELETE'])
    await call(method, `/users/${bo.id}/follow`, token)
  const all = await events(since)
  expect(all).toHaveLength(6)
  await dropOld(graph.parts, { days: 1, most: 3n })
  const fourth = all[2]?.meta.id as string
  expect((await events(fourth)).map(({ meta }) => meta)).toEqual(all.slice(3).map(({ meta }) => meta))
  for (const old of ['0', since, String(BigInt(fourth) - 1n)]) {
    for (const path of ['/events', '/events/stream']) {
      const { status, body } = await call('GET', `${path}?since_id=${old}`, app)
      expect(status).toBe(410)
      expect(body.meta).toMatchObject({ error_slug: 'events-gone', max_id: all.at(-1)?.meta.id })
    }
  }
  // A day and an hour later.
  await cypher('MATCH (l:Log) SET l.at = l.at - 25 * 3600000')
  await dropOld(graph.parts, { days: 1, most: 100n })
  expect((await call('GET', `/events?since_id=${fourth}`, app)).status).toBe(410)
  const end = await now()
  expect(await events(end)).toEqual([])
  await call('POST', `/users/${bo.id}/follow`, token)
  expect(await events(end)).toHaveLength(1)
})

it('an entry that somebody deleted by hand is said, not passed over', async () => {
  const [ada, bo] = [await graph.kit.createUser(), await graph.kit.createUser()]
  const since = await now()
  await graph.kit.follow(ada, bo)
  await graph.kit.follow(bo, ada)
  await cypher('MATCH (s:Sequence) MATCH (l:Log {ordinal: s.ordinal - 1}) DELETE l')
  const { status, body } = await call('GET', `/events?since_id=${since}`, app)
  expect([status, body.meta.error_slug]).toEqual([410, 'events-gone'])
})

it('an entry is not missing because one read of it was slow', async () => {
  const { graph: read, queries, events } = graph.parts
  const { ordinal, last } = await events.log.bounds()
  const before = ordinal - 1n
  let reads = 0
  // At first the index lacks the newest entry, and that read takes longer than an entry may be missing.
  const slow = createLog(
    {
      ...read,
      async read(name, text, params) {
        reads += 1
        const rows = await read.read(name, text, params)
        if (reads > 1) return rows
        await wait(1_200)
        return rows.map(([bounds]) => [bounds, []])
      },
    },
    queries,
  )
  const { entries } = await slow.entriesAfter(before)
  expect(reads).toBe(2)
  expect(entries.at(-1)?.last).toBe(last)
})

it('a graph of a release without a log begins with a reset', async () => {
  await graph.kit.reset()
  await graph.kit.createUser()
  await cypher('MATCH (l:Log) DELETE l')
  await cypher('MATCH (s:Sequence) REMOVE s.ordinal, s.events, s.dropped_ordinal, s.dropped_event')
  await cypher('MATCH (m:Migration) WHERE m.number > 3 DELETE m')
  const [before] = await cypher('MATCH (s:Sequence) RETURN toString(s.value)')
  expect(await migrate(graph.parts.graph)).toContain('004-log')
  app = await graph.kit.appToken(['basic', 'provision', 'events'])
  expect((await events(String(before?.[0]))).map(({ meta, data }) => [meta.type, data])).toEqual([
    ['reset', { reason: 'migration' }],
  ])
})

it('the sample is an import, and an empty graph has nothing to tell', async () => {
  await graph.kit.reset()
  app = await graph.kit.appToken(['basic', 'provision', 'events'])
  const since = await now()
  await putSample(config(), graph.kit.neo4j)
  expect((await events(since)).map(({ data }) => data)).toEqual([{ reason: 'import' }])
})

it('no file under cypher/ writes without the log', () => {
  const text = execFileSync('grep', ['-LE', '^// Logged', '-r', 'cypher', '--include=*.cypher'], {
    encoding: 'utf8',
  })
  const writing = text
    .split('\n')
    .filter((path) => path !== '' && !path.startsWith('cypher/schema/'))
    .filter((path) => {
      const body = execFileSync('grep', ['-v', '^//', path], { encoding: 'utf8' })
      return /\b(CREATE|MERGE|SET|DELETE|REMOVE)\b/.test(body)
    })
  // Changes are logged by their frame (graph/log-entry.ts); the others run behind a logged statement, in its transaction.
  expect(writing.filter((path) => !path.startsWith('cypher/changes/')).sort()).toEqual([
    'cypher/transfer/end-followed-requests.cypher',
    'cypher/transfer/end-follows-of-blocked.cypher',
    'cypher/transfer/undo-blocked-follows.cypher',
  ])
})
