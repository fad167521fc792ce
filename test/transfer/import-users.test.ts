// What an import makes of users who are named twice, have no username, or have the last id that there is.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import { ownGraph } from '../support/own-graph.ts'

// Whole imports, each a connection of its own: longer than a request where the machine has other work.
vi.setConfig({ testTimeout: 60_000 })
const graph = ownGraph({ PLAN_AHEAD: 'off' })
const folder = mkdtempSync(join(tmpdir(), 'import-users-'))
afterAll(() => rmSync(folder, { recursive: true }))
let told = ''
beforeEach(async () => {
  await graph.kit.reset()
  told = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
    told += line
    return true
  })
})

type Command = Parameters<typeof importFiles>[1]
const take = async (lines: string[], more: Partial<Command> = {}) => {
  told = ''
  const users = join(folder, 'users.csv')
  writeFileSync(users, `${lines.join('\n')}\n`)
  expect(await importFiles(readConfig(graph.settings()), { data: 'unused', users, ...more })).toBe(0)
  return told
}
const stored = () =>
  graph.cypher(
    'MATCH (u:User) RETURN toString(u.id), u.username, u.name, u.locale, toString(u.created_at) ORDER BY u.id',
  )

it('a default username stays with its user, however often --replace comes', async () => {
  await take(['id,name', '7,Ada', '8,Bo'])
  for (let n = 0; n < 2; n += 1) {
    expect(await take(['id,name', '7,Ada', '8,Bo'], { replace: true })).toBe('')
    expect((await stored()).map(([id, username]) => [id, username])).toEqual([
      ['7', 'u7'],
      ['8', 'u8'],
    ])
  }
})

// A pace of 100 lines a second makes batches of 100, so that the two lines of a user come in two of them.
describe.each([
  ['in one batch', undefined],
  ['in two batches', '100'],
])('two lines of one user %s', (_, pace) => {
  const between = Array.from({ length: 100 }, (_, n) => `${n + 100},,,,`)
  const lines = (first: string, last: string) => [
    'id,username,name,locale,created_at',
    first,
    ...between,
    last,
  ]
  const paced = pace === undefined ? {} : { pace }

  it('are merged: what the later one says wins', async () => {
    await take(lines('5,eve,Eve,,2012-01-01T00:00:00Z', '5,,Eva,de_DE,'), paced)
    expect((await stored())[0]).toEqual(['5', 'eve', 'Eva', 'de_DE', '2012-01-01T00:00:00Z'])
  })

  it('are taken one by one where the later one is bad', async () => {
    await take(['id,username', '6,ann'])
    const told = await take(lines('5,eve,Eve,,2012-01-01T00:00:00Z', '5,ann,Eva,,'), paced)
    expect(told).toMatch(/users\.csv:103: the username ann belongs to user 6/)
    expect((await stored())[0]?.slice(0, 3)).toEqual(['5', 'eve', 'Eve'])
  })

  it('with --replace: the later one wins as a whole, but for the date', async () => {
    await take(lines('5,eve,Eve,,2012-01-01T00:00:00Z', '5,eva,,de_DE,'), { ...paced, replace: true })
    expect((await stored())[0]).toEqual(['5', 'eva', 'eva', 'de_DE', '2012-01-01T00:00:00Z'])
  })
})

it('a username that a user of the file gives up goes to a later user of the same batch', async () => {
  await take(['id,username', '1,Bob'])
  expect(await take(['id,username', '1,carl', '2,bob'])).toBe('')
  // What is swapped has no order in which it could be written: both lines are bad.
  expect(await take(['id,username', '1,bob', '2,carl'])).toMatch(
    /:2: the username bob .*\n.*:3: the username carl /,
  )
  expect((await stored()).map(([id, username]) => [id, username])).toEqual([
    ['1', 'carl'],
    ['2', 'bob'],
  ])
})

it('a value that the API refuses is a bad line, which --reject keeps', async () => {
  const reject = join(folder, 'reject.csv')
  const long = JSON.stringify(Array(151).fill({ a: 'x'.repeat(10_000) })).replaceAll('"', '""')
  const bad = ['2,Nowhere/At,', `3,,"${long}"`]
  const told = await take(['id,timezone,annotations', '1,Europe/Berlin,', ...bad, '4,,'], { reject })
  expect(told).toMatch(
    /:3: timezone is "Nowhere\/At": write a name .*\n.*:4: annotations has 151 entries: shorten it to 100\n$/,
  )
  expect((await stored()).map(([id]) => id)).toEqual(['1', '4'])
  expect(readFileSync(reject, 'utf8')).toBe(`id,timezone,annotations\n${bad.join('\n')}\n`)
})

it('a move to oneself is a bad line, and a move to nobody is told', async () => {
  const itself = await take(['id,moved_to', '1,1', '2,3', '3,'])
  expect(itself).toMatch(/^\S+:2: user 1 cannot have moved to itself: leave moved_to empty\n$/)
  expect((await stored()).map(([id]) => id)).toEqual(['2', '3'])
  expect(await take(['id,moved_to', '4,99'])).toBe(
    'moved_to names no other user for user 4 (99): import the missing users, or remove it with audit --repair.\n',
  )
  // Once the user is there, nothing is told.
  expect(await take(['id,moved_to', '99,'])).toBe('')
})

it('users are created after one who has the last id that there is', async () => {
  await take(['id,username', '5,eve', '9223372036854775807,last'])
  expect((await graph.parts.accounts.create({ username: 'next' })).id).toBe(6n)
  expect((await graph.parts.accounts.create({ username: 'other' })).id).toBe(7n)
})
