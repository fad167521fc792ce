// What an import makes of ids of relationships that are taken, of files that contradict each other, and of others who write meanwhile.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import neo4j from 'neo4j-driver'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { audit } from '../../src/commands/audit.ts'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import { createParts } from '../../src/create-parts.ts'
import { TAKE_LOCK } from '../../src/graph/log-entry.ts'
import type { Parts } from '../../src/parts.ts'
import { FOLLOWS } from '../../src/relations/kinds.ts'
import { assignedIds } from '../../src/transfer/import/assigned-ids.ts'
import { createBulkFiles } from '../../src/transfer/import/bulk-files.ts'
import type { ImportCounts } from '../../src/transfer/import/options.ts'
import { createListener } from '../../src/transfer/import/positions.ts'
import { importRelations } from '../../src/transfer/import/relations-into-graph.ts'
import { startProxy } from '../faults/proxy.ts'
import { readFollows } from '../support/follows-file.ts'
import { ownGraph } from '../support/own-graph.ts'

// Whole imports, each a connection of its own: longer than a request where the machine has other work.
vi.setConfig({ testTimeout: 60_000 })
const graph = ownGraph({ PLAN_AHEAD: 'off' })
const folder = mkdtempSync(join(tmpdir(), 'import-relations-'))
afterAll(() => rmSync(folder, { recursive: true }))
let told: string[] = []
let printed = ''
beforeEach(async () => {
  await graph.kit.reset()
  await graph.cypher("MATCH (s:Sequence {name: 'relations'}) SET s.value = 0")
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
    told.push(String(line).trimEnd())
    return true
  })
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    printed += line
    return true
  })
})

const HEADERS = {
  follows: 'follower_id,followee_id,id',
  mutes: 'muter_id,muted_id,id',
  blocks: 'blocker_id,blocked_id,id',
  requests: 'requester_id,requested_id,id',
}
const file = (name: string, lines: string[]) => {
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}
type Command = Parameters<typeof importFiles>[1]
type Files = { [kind in keyof typeof HEADERS]?: string[] }

async function take(files: Files, more: Partial<Command> = {}): Promise<Record<string, number>> {
  told = []
  printed = ''
  const command: Command = { data: 'unused', ...more }
  for (const [kind, lines] of Object.entries(files) as [keyof Files, string[]][])
    command[kind] = file(`${kind}.csv`, [HEADERS[kind], ...lines])
  expect(await importFiles(readConfig(graph.settings()), command)).toBe(0)
  return JSON.parse(printed)
}
const follows = async () =>
  (await graph.cypher('MATCH (a)-[f:FOLLOWS]->(b) RETURN a.id, b.id, f.id ORDER BY f.id')).map((row) =>
    row.join(),
  )
const taken = (line: number, id: number) =>
  `${join(folder, 'follows.csv')}:${line}: the id ${id} is that of another of the follows: leave it out, or write one that is free`

describe('a line whose id is taken costs no other line of its pair', () => {
  const LINES = ['1,2,5', '3,4,5', '3,4,6', '3,4,7', '5,6,6']

  it('in one batch', async () => {
    expect(await take({ follows: LINES })).toMatchObject({ follows: 3, made_follows: 2, bad: 2 })
    expect(told).toEqual([taken(3, 5), taken(6, 6)])
    expect(await follows()).toEqual(['1,2,5', '3,4,6'])
  })

  // A pace of 100 lines a second makes batches of 100.
  it.each([
    ['the next batch', 120],
    ['a later batch', 250],
  ])('in %s', async (_, between) => {
    const others = Array.from({ length: between }, (_, n) => `${n + 10},9,`)
    const counts = await take({ follows: ['1,2,5', '3,4,5', ...others, '3,4,6', '1,2,8'] }, { pace: '100' })
    expect(counts).toMatchObject({ follows: between + 3, made_follows: between + 2, bad: 1 })
    expect(told).toEqual([taken(3, 5)])
    expect(await follows()).toEqual(expect.arrayContaining(['1,2,5', '3,4,6']))
  })

  it('in the files for the loader of Neo4j', async () => {
    const counts: ImportCounts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
    const bad: number[] = []
    const options = { knownUsers: false, bad: ({ line }: { line: number }) => void bad.push(line) }
    const place = mkdtempSync(join(folder, 'loader-'))
    const files = createBulkFiles(place, options, counts, 'run')
    const path = file('follows.csv', [HEADERS.follows, ...LINES])
    for await (const batch of readFollows(path, createListener(options.bad))) files.follows(batch, path)
    files.end()
    expect([counts.follows, counts.made_follows, bad]).toEqual([3, 2, [3, 6]])
    const [, ...rows] = readFileSync(join(place, 'follows.csv'), 'utf8').trimEnd().split('\n')
    expect(rows.map((row) => row.split(',').slice(2, 5).join())).toEqual(['5,1,2', '6,3,4'])
  })

  it('with --replace, where the last line counts', async () => {
    await take({ follows: ['1,2,5', '3,4,6'] })
    expect(await take({ follows: ['3,4,20', '3,4,5'] }, { replace: true })).toMatchObject({
      replaced_follows: 1,
    })
    expect(told).toEqual([taken(3, 5)])
    expect(await follows()).toEqual(['1,2,5', '3,4,20'])
  })
})

it('says how many follows and requests the blocks of the files have ended', async () => {
  await take({ requests: ['5,6,'] })
  expect(await take({ follows: ['1,2,', '2,1,', '3,4,'], blocks: ['2,1,', '6,5,', '7,8,'] })).toMatchObject({
    made_follows: 3,
    made_blocks: 3,
    bad: 0,
  })
  expect(told).toEqual(['3 follows or requests were ended, because the file has blocks between their users.'])
  expect((await follows()).map((row) => row.slice(0, 3))).toEqual(['3,4'])
})

describe('others who write meanwhile', () => {
  type Follow = { follower_id: bigint; followee_id: bigint; id?: bigint }
  const load = async (parts: Parts, records: AsyncIterable<Follow[]>) => {
    const bad: (string | undefined)[] = []
    const counts: ImportCounts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
    const options = {
      knownUsers: false,
      changing: async () => undefined,
      bad: ({ reason }: { reason: string }) => void bad.push(/the id (\d+)/.exec(reason)?.[1]),
    }
    await importRelations(parts, FOLLOWS, 'file', records, options, counts)
    return { bad, follows: counts.follows, made: counts.made_follows }
  }
  const clean = async () =>
    expect(await audit(readConfig(graph.settings()), { data: 'unused' }), printed).toBe(0)

  it('ids that they drew are free, unless a relationship of the same kind has them', async () => {
    const some = (first: number, last: number): Follow[] =>
      Array.from({ length: last - first + 1 }, (_, n) => ({
        follower_id: BigInt(first + n + 10),
        followee_id: 3n,
        id: BigInt(first + n),
      }))
    async function* records() {
      yield [{ follower_id: 1n, followee_id: 2n, id: 1n }]
      await vi.waitFor(async () => expect(await follows()).toHaveLength(1), 10_000)
      await take({ mutes: ['1,2,1000'] })
      await graph.cypher(`MATCH (a:User {id: 1}), (b:User {id: 2})
        CREATE (b)-[:FOLLOWS {id: 500, follower_id: 2, followee_id: 1, followed_at: datetime()}]->(a)`)
      yield some(2, 900)
      yield some(901, 1_100)
    }
    expect(await load(graph.parts, records())).toEqual({ bad: ['500'], follows: 1_099, made: 1_099 })
    expect(await follows()).toHaveLength(1_100)
    await clean()
  })

  it('two imports at once, each of one half of a file, write all of it', async () => {
    // Ids in no order, as they are in an export.
    const lines = Array.from(
      { length: 12_000 },
      (_, n) => `${1 + (n % 100)},${200 + Math.floor(n / 100)},${((n * 7_919) % 12_007) + 1}`,
    )
    await take({ mutes: Array.from({ length: 318 }, (_, n) => `${n + 2},1,`) })
    printed = ''
    const halves = [lines.slice(0, 6_000), lines.slice(6_000)].map((half, n) =>
      file(`half-${n}.csv`, [HEADERS.follows, ...half]),
    )
    const config = readConfig(graph.settings())
    // A pace of 5,000 lines a second makes batches of 1,000, so that the two take turns.
    const paced = { data: 'unused', pace: '5000' }
    await Promise.all(halves.map((path) => importFiles(config, { ...paced, follows: path })))
    for (const counts of printed.trimEnd().split('\n'))
      expect(JSON.parse(counts)).toMatchObject({ follows: 6_000, made_follows: 6_000, bad: 0 })
    expect(new Set(await follows())).toEqual(new Set(lines))
    await clean()
  })

  it('what is written counts as written if the connection breaks before the answer', async () => {
    const proxy = await startProxy(graph.kit.neo4j.uri, 1)
    const parts = createParts({ ...graph.kit.neo4j, uri: proxy.uri }, readConfig(graph.settings()))
    // The end of a COMMIT: no other statement of the import is in a transaction of several.
    proxy.only = '\u0012\0\0'
    proxy.faults = {
      get 'cut-late'() {
        return proxy.struck['cut-late'] === 0 ? 1 : 0
      },
    } as typeof proxy.faults
    async function* records() {
      yield [
        { follower_id: 1n, followee_id: 2n, id: 5n },
        { follower_id: 3n, followee_id: 4n },
        { follower_id: 5n, followee_id: 6n, id: 9n },
      ]
      yield [{ follower_id: 7n, followee_id: 8n, id: 12n }]
    }
    try {
      expect(await load(parts, records())).toEqual({ bad: [], follows: 4, made: 4 })
      expect(proxy.struck['cut-late']).toBe(1)
    } finally {
      await parts.graph.close()
      await proxy.close()
    }
    expect(await follows()).toEqual(['1,2,5', '5,6,9', '3,4,11', '7,8,12'])
    await clean()
  })
})

it('an import waits for another writer who holds the lock for long', async () => {
  const { uri, username, password } = graph.kit.neo4j
  const driver = neo4j.driver(uri, neo4j.auth.basic(username, password))
  try {
    const other = await driver.session().beginTransaction()
    await other.run(TAKE_LOCK)
    const importing = take({ follows: ['1,2,'] })
    // The database gives up the wait for a lock after two seconds.
    await vi.waitFor(
      () => expect(told).toContainEqual(expect.stringMatching(/in time \(slow\)\. Waiting/)),
      30_000,
    )
    await other.rollback()
    expect(await importing).toMatchObject({ made_follows: 1 })
    expect(told).toHaveLength(1)
  } finally {
    await driver.close()
  }
})

it('ids are uncertain that others have drawn between the transactions of an import', () => {
  const ids = assignedIds()
  for (let n = 0n; n < 1_000n; n += 1n) ids.wrote(10n * n + 5n, 10n * n + 8n)
  expect(ids.known).toBe(9_998n)
  for (const n of [0n, 1n, 499n, 998n]) {
    const drawn = Array.from({ length: 10 }, (_, at) => 10n * n + 1n + BigInt(at)).map(ids.isUncertain)
    // Of each ten, 6 to 8 are of the import.
    expect(drawn).toEqual([true, true, true, true, true, false, false, false, true, true])
  }
  expect(ids.isUncertain(20_000n)).toBe(false)
})
