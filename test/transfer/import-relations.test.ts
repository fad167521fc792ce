// What an import makes of ids of relationships that are taken, of files that contradict each other, and of others who write meanwhile.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import { createBulkFiles } from '../../src/transfer/import/bulk-files.ts'
import type { ImportCounts } from '../../src/transfer/import/options.ts'
import { createListener } from '../../src/transfer/import/positions.ts'
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
  (
    await graph.cypher('MATCH (a)-[f:FOLLOWS]->(b) RETURN a.id, b.id, f.id ORDER BY f.id')
  ).map((row) => row.join())
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
    for await (const batch of readFollows(path, createListener(options.bad)))
      files.follows(batch as Parameters<typeof files.follows>[0], path)
    files.end()
    expect([counts.follows, counts.made_follows, bad]).toEqual([3, 2, [3, 6]])
    const [, ...rows] = readFileSync(join(place, 'follows.csv'), 'utf8').trimEnd().split('\n')
    expect(rows.map((row) => row.split(',').slice(2, 5).join())).toEqual(['5,1,2', '6,3,4'])
  })

  it('with --replace, where the last line counts', async () => {
    await take({ follows: ['1,2,5', '3,4,6'] })
    expect(await take({ follows: ['3,4,20', '3,4,5'] }, { replace: true })).toMatchObject({ replaced_follows: 1 })
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
