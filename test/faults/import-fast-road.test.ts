// An import into a stopped database (the fast road) gives the same result as one through a running database (the live road): exports, graph and audit are compared.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { audit } from '../../src/commands/audit.ts'
import { exportFiles } from '../../src/commands/export.ts'
import { importFiles } from '../../src/commands/import.ts'
import { withParts } from '../../src/commands/with-parts.ts'
import { readConfig } from '../../src/config.ts'
import { startOwnDatabase } from '../../src/database/own.ts'
import { csvField } from '../../src/transfer/export/output.ts'
import type { UserRecord } from '../../src/transfer/user.ts'
import { nastyUsers } from '../outside/nasty.ts'
import { LONG } from '../support/scale.ts'

// Every case starts databases, which takes seconds, more on a busy machine.
vi.setConfig({ testTimeout: 240_000 })
// Whatever stands in the path of a data folder; Java reads it by the locale.
const root = mkdtempSync(join(tmpdir(), 'fast, "road" é\'s-'))
const OWN = {
  NEO4J_URI: '',
  NEO4J_USERNAME: '',
  NEO4J_PASSWORD: '',
  DOCKER_HOST: 'tcp://elsewhere.example:1',
}
const config = () => readConfig(OWN)
const file = (name: string, text?: string) => {
  const path = join(root, name)
  if (text !== undefined) writeFileSync(path, text)
  return path
}

let told = ''
let printed = ''
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
    told += line
    return true
  })
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    printed += line
    return true
  })
})
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }))

const FAST = 0
const LIVE = Number.POSITIVE_INFINITY
type Files = Omit<Parameters<typeof importFiles>[1], 'data'>

/** Imports into a folder; answers the counts that were printed and what was told about lines of files. */
async function take(data: string, files: Files, from: number, status = 0) {
  told = printed = ''
  expect(await importFiles(config(), { data: join(root, data), ...files }, from)).toBe(status)
  const bad = told.split('\n').filter((line) => /^\/.+:\d+: |^user \d+ is called/.test(line))
  // Both report bad lines and created users batch by batch, in different orders.
  return { counts: JSON.parse(printed) as Record<string, number>, bad: bad.sort() }
}

// These differ without a difference in content: the era changes with every live import, `lock` is set by the first write, and the log counts
// transactions, of which each road needs its own number.
const EVERYTHING = `MATCH (n) WHERE NOT n:Migration AND NOT n:Client AND NOT n:Log
  RETURN labels(n)[0] AS label, COUNT { (n)-->() } AS out, COUNT { (n)<--() } AS into,
    [key IN keys(n) WHERE NOT key IN ['era', 'lock', 'ordinal'] | key + ' ' + valueType(n[key]) + ' ' + CASE WHEN n[key] IS :: LIST<ANY>
      THEN reduce(all = '', one IN n[key] | all + one + ',') ELSE toString(n[key]) END] AS properties`

/** All that two graphs must have in common; the database is started once for it. */
async function contents(name: string): Promise<Record<string, unknown>> {
  const own = await startOwnDatabase({ data: join(root, name), say: () => undefined, docker: 'off' })
  const there = readConfig({ NEO4J_URI: own.uri, NEO4J_USERNAME: own.username, NEO4J_PASSWORD: own.password })
  const data = 'unused'
  const paths = {
    users: file('out-users.csv'),
    follows: file('out-follows.csv'),
    mutes: file('out-mutes.csv'),
  }
  try {
    await exportFiles(there, { data, ...paths })
    const status = await audit(there, { data })
    return await withParts(there, data, async ({ graph }) => {
      const read = (text: string) => graph.read('test', text, {}, 60_000)
      return {
        users: readFileSync(paths.users, 'utf8'),
        follows: readFileSync(paths.follows, 'utf8'),
        mutes: readFileSync(paths.mutes, 'utf8'),
        audit: status,
        nodes: (await read(EVERYTHING))
          .map(
            ([label, out, into, properties]) =>
              `${label} ${out} ${into} ${(properties as string[]).sort().join(' | ')}`,
          )
          .sort(),
        indexes: await read('SHOW INDEXES YIELD name, state RETURN name, state ORDER BY name'),
        ledger: await read('MATCH (m:Migration) RETURN m.name, m.checksum ORDER BY m.number'),
      }
    })
  } finally {
    await own.stop()
  }
}

// Difficult input: texts that are hard to parse as CSV, names that are taken, rows with and without ids, duplicate pairs and ids.
const USERS = `id,username,name,type,description,timezone,locale,created_at,verified_domain,avatar_image,annotations
1,Ada,"Ada ""L."", Countess",human,"Says ""hi"", @bo and @Nobody; #x
on two lines\\, https://example.org/?a=1;2",UTC,en_US,2011-01-02T03:04:05Z,example.org,"{""url"":""https://example.org/a.png"",""width"":10,""height"":20}","[{""type"":""x"",""value"":[1,null]}]"
2,bo,'  bo 🌙,bot,"  spaces	and\u0001\u001f  ",Europe/Berlin,de_DE,2012-01-01T00:00:00Z,,,
9007199254740993,u9007199254740993,,feed,@Ada @bo,UTC,en_US,2013-01-01T00:00:00Z,,,
3,u77,,,,,,2013-01-01T00:00:00Z,,,
77,,,,,,,2013-01-01T00:00:00Z,,,
4,ADA,,,,,,2013-01-01T00:00:00Z,,,
5,u88,007,,-1.5,,,2013-01-01T00:00:00Z,,,
x,,,,,,,,,,
9223372036854775807,z_9,true,,"""",,,2013-01-01T00:00:00Z,,,
`
const DATE = '2013-05-05T05:05:05Z'
const FOLLOWS = `follower_id,followee_id,followed_at,id
1,2,${DATE},
1,9007199254740993,2013-05-05T05:05:06Z,12
2,1,${DATE},
1,2,2015-05-05T05:05:07Z,90
2,2,${DATE},
2,3,${DATE},12
2,77,${DATE},
3,9223372036854775807,${DATE},7
4,1,2001-01-01T00:00:00.9+02:00,
88,1,${DATE},
nobody,1,,
2,3,${DATE},13
`
// Dates that each import sets itself differ.
const undated = (value: unknown) =>
  JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)).replaceAll(
    /20[2-9]\d-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z/g,
    'NOW',
  )

describe('the fast road', () => {
  it('gives the same result as the live road, whatever the files contain', async () => {
    // More than two batches, so that ids are given across them; users that are made get the date of the import.
    const many = Array.from(
      { length: 11_000 },
      (_, n) => `${(n % 97) + 1},${(n % 89) + 120},${DATE},${n % 3 === 0 ? 100_000 - n : ''}`,
    )
    const known = Array.from({ length: 220 }, (_, n) => `${n + 100},,,,,,,2014-01-01T00:00:00Z,,,`)
    // Difficult values in every field, in the order of the columns above.
    const nasty = nastyUsers(600, (n) => 2_000_000n + BigInt(n))
      .map((user) =>
        USERS.slice(0, USERS.indexOf('\n'))
          .split(',')
          .map((column) => user[column as keyof UserRecord] ?? '')
          .map((value) => csvField(typeof value === 'object' ? JSON.stringify(value) : String(value)))
          .join(','),
      )
      .join('\n')
    const files = {
      users: file('users.csv', `${USERS}${known.join('\n')}\n${nasty}\n`),
      follows: file('follows.csv', `${FOLLOWS}${many.join('\n')}\n`),
    }
    vi.stubEnv('LC_ALL', 'C')
    const fast = await take('fast', files, FAST)
    expect(told).toMatch(/Loading \d+ users and \d+ follows/)
    const slow = await take('live', files, LIVE)
    expect(told).not.toContain('Loading')
    expect(fast).toEqual(slow)
    expect(fast.bad.length).toBeGreaterThan(6)
    const [one, other] = [await contents('fast'), await contents('live')]
    expect(one.audit).toBe(0)
    for (const part of Object.keys(one)) expect(undated(one[part]), part).toBe(undated(other[part]))
    expect(String(one.follows).split('\n').length).toBeGreaterThan(8_000)
  })

  // Each of the following starts four databases, so they run only in the long form.
  if (!LONG) return

  it('takes an empty database that ran before, what is known only, and mutes behind the follows', async () => {
    const own = await startOwnDatabase({ data: join(root, 'ran'), say: () => undefined, docker: 'off' })
    const files = {
      users: file('three.csv', 'id,created_at\n1,2013-01-01T00:00:00Z\n2,2013-01-01T00:00:00Z\n'),
      follows: file('known.csv', `follower_id,followee_id,followed_at\n1,3,${DATE}\n1,2,${DATE}\n`),
    }
    const mutes = file('mutes.csv', `muter_id,muted_id,muted_at\n2,1,${DATE}\n`)
    expect((await take('ran', { users: files.users }, FAST)).counts.made_users).toBe(2)
    expect(told).toContain('for it is running')
    await own.stop()
    expect((await take('ran', { ...files, mutes, knownUsers: true }, FAST)).counts).toMatchObject({
      made_users: 0,
      made_mutes: 1,
      bad: 1,
    })
    expect(told).toContain('for it is not empty')

    await (await startOwnDatabase({ data: join(root, 'empty'), say: () => undefined, docker: 'off' })).stop()
    expect((await take('empty', { ...files, mutes, knownUsers: true }, FAST)).counts).toMatchObject({
      made_users: 2,
      made_mutes: 1,
      bad: 1,
    })
    expect(told).toContain('Loading 2 users and 1 follows')
  })

  it('leaves to the live road what only that can do, and the rest behind it', async () => {
    const twice = file(
      'twice.csv',
      `id,username,name,created_at\n${Array.from({ length: 6_000 }, (_, n) => `${n + 1},,,2013-01-01T00:00:00Z\n`).join('')}7,seven,Seven,\n`,
    )
    const files = {
      users: twice,
      follows: file('two.csv', `follower_id,followee_id,followed_at\n7,9,${DATE}\n6001,7,${DATE}\n`),
    }
    const fast = await take('twice', files, FAST)
    expect(told).toContain('Loading 5000 users and 0 follows')
    expect(told).toContain(`The rest of ${twice} goes through the database`)
    expect(fast).toEqual(await take('twice-live', files, LIVE))
    expect(undated(await contents('twice'))).toBe(undated(await contents('twice-live')))

    expect(
      (
        await take(
          'strict',
          { follows: file('bad.csv', 'follower_id,followee_id\n1,2\n1,x\n'), strict: true },
          FAST,
          1,
        )
      ).counts,
    ).toMatchObject({ made_users: 0, made_follows: 0 })
  })
})
