// The numbered migrations: applied once and in order, safe to run twice, refused where graph and release do not fit.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Graph } from '../../src/graph/graph.ts'
import { type Migration, migrate, readMigrations, SchemaError } from '../../src/graph/schema.ts'
import { smallDatabase } from '../support/small-database.ts'

// The ledger is one a database, and the Community edition has one database: this file has a server of its own.
let graph: Graph
smallDatabase('schema', (_, opened) => {
  graph = opened
})

beforeEach(async () => {
  await graph.write('test', 'MATCH (n) DETACH DELETE n')
})

const KNOWN = readMigrations()
const names = KNOWN.map(({ name }) => name)
const ledger = async () =>
  (await graph.read('test', 'MATCH (m:Migration) RETURN m.number, m.name ORDER BY m.number')).map(
    (row) => row[1],
  )

// A Neo4j that has just started plans each statement anew.
vi.setConfig({ testTimeout: 60_000 })

describe('migrate', () => {
  it('applies every migration in order, once; running it again changes nothing', async () => {
    expect(await migrate(graph)).toEqual(names)
    expect(await ledger()).toEqual(names)
    const before = await graph.read(
      'test',
      'MATCH (n) RETURN elementId(n), properties(n) ORDER BY elementId(n)',
    )
    expect(await migrate(graph)).toEqual([])
    expect(
      await graph.read('test', 'MATCH (n) RETURN elementId(n), properties(n) ORDER BY elementId(n)'),
    ).toEqual(before)
  })

  it('makes the indexes and constraints that the design leans on, all online', async () => {
    await migrate(graph)
    const indexes = await graph.read(
      'test',
      "SHOW INDEXES YIELD name, state, type WHERE type = 'RANGE' RETURN name, state",
    )
    const found = Object.fromEntries(indexes as [string, string][])
    for (const name of [
      'user_id',
      'user_username_key',
      'follows_pair',
      'follows_followee',
      'follows_follower',
      'mutes_pair',
      'blocks_pair',
      'requests_pair',
      'requests_requested',
      'requests_requester',
      'user_moving_to',
      'user_moved_to',
      'sequence_name',
    ]) {
      expect([name, found[name]]).toEqual([name, 'ONLINE'])
    }
    expect(await graph.read('test', 'SHOW FULLTEXT INDEXES YIELD name, state RETURN name, state')).toEqual([
      ['user_search', 'ONLINE'],
    ])
    expect(await graph.read('test', "MATCH (s:Sequence {name: 'relations'}) RETURN s.value")).toEqual([[0n]])
  })

  it('by two services at once is harmless', async () => {
    await Promise.all([migrate(graph), migrate(graph), migrate(graph)])
    expect(await ledger()).toEqual(names)
    expect(await graph.read('test', 'MATCH (s:Sequence) RETURN count(s)')).toEqual([[1n]])
  })

  it('goes on where one was cut short', async () => {
    const [first] = KNOWN as [Migration]
    await migrate(graph, [first])
    await graph.write('test', "MATCH (s:Sequence {name: 'relations'}) SET s.value = 41")
    for (const statement of KNOWN[1]?.statements.slice(0, 1) ?? []) await graph.write('test', statement)
    expect(await migrate(graph)).toEqual(names.slice(1))
    expect(await graph.read('test', "MATCH (s:Sequence {name: 'relations'}) RETURN s.value")).toEqual([[41n]])
  })

  it('refuses a graph of a newer release, and says what to do', async () => {
    await migrate(graph)
    await graph.write('test', "CREATE (:Migration {number: $n, name: '999-tomorrow', checksum: 'x'})", {
      n: BigInt(KNOWN.length + 1),
    })
    const attempt = migrate(graph)
    await expect(attempt).rejects.toBeInstanceOf(SchemaError)
    await expect(attempt).rejects.toThrow(/999-tomorrow.*newer release/)
  })

  it('refuses where a released migration was edited, and applies nothing', async () => {
    await migrate(graph, KNOWN.slice(0, 1))
    const edited = KNOWN.map((migration, index) =>
      index === 0 ? { ...migration, checksum: 'edited' } : migration,
    )
    await expect(migrate(graph, edited)).rejects.toThrow(/001-users-and-relations differs/)
    expect(await ledger()).toEqual(names.slice(0, 1))
  })

  it('keeps what is not done out of the ledger where a statement fails', async () => {
    const bad: Migration = {
      number: 2,
      name: '002-bad',
      checksum: 'x',
      statements: ['CREATE (:Half)', 'THIS IS NO CYPHER'],
    }
    await expect(migrate(graph, [KNOWN[0] as Migration, bad])).rejects.toThrow()
    expect(await ledger()).toEqual(names.slice(0, 1))
  })
})

describe('readMigrations', () => {
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), 'follow-graph-migrations-'))
    onTestFinished(() => rmSync(path, { recursive: true }))
    return path
  }

  it('splits a file into its statements, comments apart', () => {
    const path = folder()
    writeFileSync(
      join(path, '001-a.cypher'),
      "// What it does.\nCREATE (:A {text: 'a;b'});\n// More.\nCREATE (:B)\n  SET x = 1;\n",
    )
    expect(readMigrations(`${path}/`)[0]).toMatchObject({
      number: 1,
      name: '001-a',
      statements: ["CREATE (:A {text: 'a;b'})", 'CREATE (:B)\n  SET x = 1'],
    })
  })

  it('refuses a gap in the numbers', () => {
    const path = folder()
    writeFileSync(join(path, '001-a.cypher'), '// A.\nRETURN 1;')
    writeFileSync(join(path, '003-c.cypher'), '// C.\nRETURN 1;')
    expect(() => readMigrations(`${path}/`)).toThrow(
      /003-c\.cypher: migrations are numbered without gaps; this should be 2/,
    )
  })

  it('tells an edited file by its checksum', () => {
    const path = folder()
    writeFileSync(join(path, '001-a.cypher'), '// A.\nRETURN 1;')
    const [before] = readMigrations(`${path}/`)
    writeFileSync(join(path, '001-a.cypher'), '// A.\nRETURN 2;')
    expect(readMigrations(`${path}/`)[0]?.checksum).not.toBe(before?.checksum)
  })
})
