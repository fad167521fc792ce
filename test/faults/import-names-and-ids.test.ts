// Conflicts of an import with what the graph has already: a username, an id of a relationship, or a block.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { audit } from '../../src/commands/audit.ts'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import { FOLLOWS } from '../../src/relations/kinds.ts'
import { importRelations } from '../../src/transfer/import/relations-into-graph.ts'
import { importUsers } from '../../src/transfer/import/users-into-graph.ts'
import { ownGraph } from '../support/own-graph.ts'

vi.setConfig({ testTimeout: 60_000 })
const graph = ownGraph({ PLAN_AHEAD: 'off' })
const folder = mkdtempSync(join(tmpdir(), 'names-and-ids-'))
afterAll(() => rmSync(folder, { recursive: true }))
let told = ''
beforeEach(async () => {
  await graph.kit.reset()
  await graph.cypher("MATCH (s:Sequence {name: 'relations'}) SET s.value = 0")
  told = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
    told += line
    return true
  })
})

type Command = Parameters<typeof importFiles>[1]
const take = async (parts: { users?: string; follows?: string }, more: Partial<Command> = {}) => {
  told = ''
  const command: Command = { data: 'unused', ...more }
  for (const [part, lines] of Object.entries(parts)) {
    command[part as 'users'] = join(folder, `${part}.csv`)
    const header = part === 'users' ? 'id,username' : 'follower_id,followee_id,followed_at,id'
    writeFileSync(join(folder, `${part}.csv`), `${header}\n${lines.trim()}\n`)
  }
  expect(await importFiles(readConfig(graph.settings()), command)).toBe(0)
  return told.split('\n').filter((line) => line !== '')
}
const names = async () =>
  Object.fromEntries(
    (await graph.cypher('MATCH (u:User) RETURN toString(u.id), u.username')) as [string, string][],
  )
const ids = async () =>
  (
    await graph.cypher('MATCH ()-[f:FOLLOWS]->() RETURN f.follower_id, f.followee_id, f.id ORDER BY f.id')
  ).map((row) => row.join())
const sequence = async () =>
  (await graph.cypher("MATCH (s:Sequence {name: 'relations'}) RETURN s.value"))[0]?.[0]
const clean = async () => expect(await audit(readConfig(graph.settings()), { data: 'unused' })).toBe(0)

describe('a user without a username, where another user is called u<id>', () => {
  it('gets another name, and the import says so', async () => {
    await take({ users: '5,u7\n6,u8_2\n9,U8' })
    expect(await take({ follows: '7,5,,\n8,5,,\n10,7,,' })).toEqual([
      'user 7 is called u7_2, because another has the name u7.',
      'user 8 is called u8_3, because another has the name u8.',
    ])
    expect(await names()).toEqual({ 5: 'u7', 6: 'u8_2', 7: 'u7_2', 8: 'u8_3', 9: 'U8', 10: 'u10' })
    expect(await take({ users: '11,u12\n12,\n9223372036854775807,\n13,u9223372036854775807' })).toEqual([
      'user 12 is called uc_2, because another has the name u12.',
      expect.stringMatching(
        /users.csv:5: the username u9223372036854775807 belongs to user 9223372036854775807/,
      ),
    ])
    await clean()
  })

  it('gets another name if its name is taken during the import; a username from the file is reported as a bad line', async () => {
    // The real graph, but once another user takes the name between the check and the write.
    const raced = (rival: string) => {
      let first = true
      const write: typeof graph.parts.graph.write = async (name, ...rest) => {
        if (first && name === 'transfer/users') {
          first = false
          await graph.cypher(rival)
        }
        return graph.parts.graph.write(name, ...rest)
      }
      return { ...graph.parts, graph: { ...graph.parts.graph, write } }
    }
    const rival = (id: number, name: string) =>
      `CREATE (u:User {id: ${id}, username: '${name}', username_key: '${name}', created_at: datetime()})`
    const told: string[] = []
    const counts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
    const tell = (line: string) => void told.push(line)
    const options = {
      knownUsers: false,
      changing: async () => undefined,
      say: tell,
      bad: ({ reason }: { reason: string }) => tell(reason),
    }
    async function* once<T>(record: T) {
      yield [record]
    }
    await importRelations(
      raced(rival(90, 'u7')),
      FOLLOWS,
      'file',
      once({ follower_id: 7n, followee_id: 8n }),
      options,
      counts,
    )
    async function* users() {
      yield [
        { id: 30n, username: 'chosen' },
        { id: 31n, username: 'other' },
      ]
    }
    await importUsers(raced(rival(91, 'chosen')), 'file', users(), options, counts)
    expect(told).toEqual([
      'user 7 is called u7_2, because another has the name u7.',
      'the username chosen belongs to another user: choose another',
    ])
    expect(await names()).toEqual({ 7: 'u7_2', 8: 'u8', 31: 'other', 90: 'u7', 91: 'chosen' })
    expect(counts).toMatchObject({ users: 1, made_users: 3, made_follows: 1 })
  })
})

it('an import reads a user again who is changed between its read and its write', async () => {
  await take({ users: '30,chosen' })
  let first = true
  const write: typeof graph.parts.graph.write = async (name, ...rest) => {
    if (first && name === 'transfer/users') {
      first = false
      await graph.parts.accounts.change(30n, false, (stored) => ({ ...stored, id: 30n, name: 'Changed' }))
    }
    return graph.parts.graph.write(name, ...rest)
  }
  const counts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
  const options = { knownUsers: false, changing: async () => undefined, bad: expect.fail }
  async function* users() {
    yield [
      { id: 30n, locale: 'de_DE' },
      { id: 31n, username: 'other' },
    ]
  }
  const parts = { ...graph.parts, graph: { ...graph.parts.graph, write } }
  await importUsers(parts, 'file', users(), options, counts)
  expect(await graph.cypher('MATCH (u:User {id: 30}) RETURN u.name, u.locale')).toEqual([
    ['Changed', 'de_DE'],
  ])
  expect(await names()).toEqual({ 30: 'chosen', 31: 'other' })
  expect(counts).toMatchObject({ users: 2, made_users: 1 })
  await clean()
})

describe('ids of a file, in a graph that has relationships', () => {
  const D = '2013-01-01T00:00:00Z'
  beforeEach(() => take({ follows: `1,2,${D},7\n2,1,${D},9` }))

  it('that belong to other relationships are reported line by line, and nothing is overwritten', async () => {
    const lines = await take({
      follows: `1,3,${D},7\n3,1,${D},9\n3,2,${D},12\n4,1,${D},12\n1,2,${D},7\n2,3,${D},`,
    })
    expect(lines).toEqual(
      [
        [2, 7],
        [3, 9],
        [5, 12],
      ].map(
        ([line, id]) =>
          `${join(folder, 'follows.csv')}:${line}: the id ${id} is that of another of the follows: leave it out, or write one that is free`,
      ),
    )
    expect(await ids()).toEqual(['1,2,7', '2,1,9', '3,2,12', '2,3,14'])
    await clean()
    expect(await take({ follows: `5,6,${D},14` }, { dryRun: true })).toHaveLength(1)
    expect(await take({ follows: `1,2,${D},9` }, { replace: true })).toHaveLength(1)
    expect(await ids()).toEqual(['1,2,7', '2,1,9', '3,2,12', '2,3,14'])
  })

  it('that are free but lower than the newest are used, and the import says which readers will not see them', async () => {
    const lines = await take({ follows: `1,3,${D},3\n3,1,${D},20\n3,2,${D},8` })
    expect(lines).toEqual([
      expect.stringMatching(/^2 follows have ids up to 10, the highest id when this import began/),
    ])
    expect(await ids()).toEqual(['1,3,3', '1,2,7', '3,2,8', '2,1,9', '3,1,20'])
    expect(await take({ follows: `1,3,${D},3\n3,1,${D},20\n3,2,${D},8` })).toEqual([])
    // The highest id of the file, and one more for the reset event.
    expect(await sequence()).toBe(21n)
  })

  it('that the service gives to others during the import stay with those', async () => {
    const bad: string[] = []
    const counts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
    const options = {
      knownUsers: false,
      changing: async () => undefined,
      bad: ({ reason }: { reason: string }) => void bad.push(reason),
    }
    async function* records() {
      yield [{ follower_id: 10n, followee_id: 11n, id: 100n }]
      yield [{ follower_id: 10n, followee_id: 12n }]
      // During the import others follow, and the sequence reaches 150.
      await vi.waitFor(async () => expect(await sequence()).toBe(101n), 10_000)
      await graph.cypher(
        `MATCH (s:Sequence {name: 'relations'}) SET s.value = 150 WITH s MATCH (a:User {id: 1}), (b:User {id: 10})
         CREATE (a)-[:FOLLOWS {id: 150, follower_id: 1, followee_id: 10, followed_at: datetime()}]->(b)`,
      )
      yield [
        { follower_id: 11n, followee_id: 10n, id: 150n },
        { follower_id: 11n, followee_id: 12n, id: 160n },
        { follower_id: 11n, followee_id: 13n, id: 60n },
      ]
      yield [
        { follower_id: 12n, followee_id: 10n, id: 120n },
        { follower_id: 12n, followee_id: 11n, id: 101n },
        { follower_id: 12n, followee_id: 13n, id: 155n },
      ]
    }
    await importRelations(graph.parts, FOLLOWS, 'file', records(), options, counts)
    // 120 was drawn by others, but no follow has it. Lines whose ids others have drawn are written last.
    expect(bad.map((reason) => /the id (\d+)/.exec(reason)?.[1])).toEqual(['101', '150'])
    expect(counts).toMatchObject({ follows: 6, made_follows: 6 })
    expect(await ids()).toEqual([
      '1,2,7',
      '2,1,9',
      '11,13,60',
      '10,11,100',
      '10,12,101',
      '12,10,120',
      '1,10,150',
      '12,13,155',
      '11,12,160',
    ])
    await clean()
  })
})

it('a block made between the check and the write wins over the follow of a file, and the import says so', async () => {
  await take({ users: '1,\n2,\n3,\n4,' })
  // The real graph, but two blocks are made after the check: user 1 is blocked, and user 2 blocks.
  const read: typeof graph.parts.graph.read = async (name, ...rest) => {
    const rows = await graph.parts.graph.read(name, ...rest)
    if (name === 'transfer/existing')
      await graph.cypher(`UNWIND [[3, 1, 5], [2, 3, 6]] AS pair
        MATCH (a:User {id: pair[0]}), (b:User {id: pair[1]})
        CREATE (a)-[:BLOCKS {id: pair[2], blocker_id: pair[0], blocked_id: pair[1], blocked_at: datetime()}]->(b)`)
    return rows
  }
  const bad: string[] = []
  const counts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
  const options = {
    knownUsers: true,
    changing: async () => undefined,
    bad: ({ reason }: { reason: string }) => void bad.push(reason),
  }
  async function* once() {
    yield [1n, 2n, 4n].map((id, n) => ({ follower_id: id, followee_id: 3n, id: BigInt(7 + n) }))
  }
  await importRelations(
    { ...graph.parts, graph: { ...graph.parts.graph, read } },
    FOLLOWS,
    'file',
    once(),
    options,
    counts,
  )
  expect(bad).toEqual([1, 2].map((id) => expect.stringContaining(`one of the users ${id} and 3 blocks`)))
  expect(counts).toMatchObject({ follows: 1, made_follows: 1 })
  expect(await ids()).toEqual(['4,3,9'])
  await clean()
})
