// Export, import into an empty graph, export: the same bytes. And what import does beside merging.
// Long, because each case is told by the same graph and the same files.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { exportFiles } from '../../src/commands/export.ts'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import { writeUsers } from '../../src/transfer/export/users-file.ts'
import type { UserRecord } from '../../src/transfer/user.ts'
import { nastyUsers } from '../outside/nasty.ts'
import { ownGraph } from '../support/own-graph.ts'

// Whole exports and imports, each a connection of its own: longer than a request where the machine has other work.
vi.setConfig({ testTimeout: 60_000 })
const graph = ownGraph({ PLAN_AHEAD: 'off' })
const folder = mkdtempSync(join(tmpdir(), 'round-trip-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(async () => {
  await graph.kit.reset()
  await graph.cypher("MATCH (s:Sequence {name: 'relations'}) SET s.value = 0")
})

const config = () => readConfig(graph.settings())
const file = (name: string, text?: string) => {
  const path = join(folder, name)
  if (text !== undefined) writeFileSync(path, text)
  return path
}
const text = (name: string) => readFileSync(file(name), 'utf8')
const take = (files: Partial<Parameters<typeof importFiles>[1]>) =>
  importFiles(config(), { data: 'unused', ...files })
const give = (files: Partial<Parameters<typeof exportFiles>[1]>) =>
  exportFiles(config(), { data: 'unused', ...files })
const follows = () =>
  graph.cypher(
    'MATCH (a)-[f:FOLLOWS]->(b) RETURN a.id, b.id, f.id, toString(f.followed_at) ORDER BY a.id, b.id',
  )

async function* inOneBatch(users: UserRecord[]) {
  yield users
}

const USERS = `id,username,name,type,description,timezone,locale,created_at,verified_domain,avatar_image,cover_image,annotations,locked,hides_lists,moved_to
1,Ada,Ada L.,human,"Says ""hi"",
on two lines",UTC,en_US,2011-01-02T03:04:05Z,example.org,"{""url"":""https://example.org/a.png"",""width"":10,""height"":20}",,"[{""type"":""x""}]",,true,9007199254740993
2,bo,bo,bot,,Europe/Berlin,de_DE,2012-01-01T00:00:00Z,,,,,true,,
9007199254740993,u9007199254740993,far,feed,@Ada,UTC,en_US,2013-01-01T00:00:00Z,,,,,,,
`
const FOLLOWS = `follower_id,followee_id,followed_at,id
1,2,2013-05-05T05:05:05Z,7
1,9007199254740993,2013-05-05T05:05:06Z,12
2,1,2013-05-05T05:05:07Z,3
`

describe('export', () => {
  it('has follows with ids above the newest, but for --graph, which says how many', async () => {
    await take({ users: file('u.csv', USERS), follows: file('f.csv', FOLLOWS) })
    await graph.cypher('MATCH (:User {id: 1})-[f:FOLLOWS]->() SET f.id = f.id + 1000')
    const left = /^2 follows have ids above \d+, the newest when the export began, and were left out: /m
    for (const [files, hears] of [
      [{ users: file('u.out.csv'), follows: file('f.out.csv') }, false],
      [{ graph: file('g.graphml') }, true],
      [{ follows: file('all.out.csv') }, false],
    ] as const) {
      const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
      try {
        expect(await give(files)).toBe(0)
        expect(left.test(told.mock.calls.map(([line]) => String(line)).join(''))).toBe(hears)
      } finally {
        told.mockRestore()
      }
    }
    expect(text('f.out.csv').trimEnd().split('\n')).toHaveLength(4)
    expect(text('g.graphml').match(/<edge /g)).toHaveLength(1)
    expect(text('all.out.csv').trimEnd().split('\n')).toHaveLength(4)
  })

  it('gives back, byte for byte, what went in, and what went in gives it again', async () => {
    const parts = {
      users: USERS,
      follows: FOLLOWS,
      mutes: 'muter_id,muted_id,muted_at,id\n2,1,2014-01-01T00:00:00Z,20\n',
      blocks: 'blocker_id,blocked_id,blocked_at,id\n9007199254740993,2,2014-01-02T00:00:00Z,21\n',
      requests: 'requester_id,requested_id,requested_at,id\n9007199254740993,1,2014-01-03T00:00:00Z,22\n',
    }
    const named = (suffix: string) =>
      Object.fromEntries(Object.keys(parts).map((part) => [part, file(`${part}${suffix}`)]))
    for (const [part, content] of Object.entries(parts)) file(`${part}.csv`, content)
    expect(await take(named('.csv'))).toBe(0)
    expect(await graph.cypher("MATCH (s:Sequence {name: 'relations'}) RETURN s.value")).toEqual([[23n]]) // the 22 of the files, and one of the reset
    expect(await give(named('.out.csv'))).toBe(0)
    for (const [part, content] of Object.entries(parts)) expect(text(`${part}.out.csv`)).toBe(content)

    // Once more with JSON lines in between, gzipped.
    expect(await give(named('.jsonl.gz'))).toBe(0)
    await graph.kit.reset()
    expect(await take(named('.jsonl.gz'))).toBe(0)
    expect(await give(named('.again.jsonl.gz'))).toBe(0)
    for (const part of Object.keys(parts))
      expect(gunzipSync(readFileSync(file(`${part}.again.jsonl.gz`)))).toEqual(
        gunzipSync(readFileSync(file(`${part}.jsonl.gz`))),
      )
    expect(await give(named('.out.csv'))).toBe(0)
    for (const [part, content] of Object.entries(parts)) expect(text(`${part}.out.csv`)).toBe(content)
  })

  it('gives back, byte for byte, whatever users have in their fields, by either format', async () => {
    const nasty = nastyUsers(400, (n) => BigInt(n * 3))
    await writeUsers(file('nasty.jsonl'), inOneBatch(nasty))
    expect(await take({ users: file('nasty.jsonl') })).toBe(0)
    expect(await give({ users: file('nasty.1.csv') })).toBe(0)
    expect(await give({ users: file('nasty.1.jsonl') })).toBe(0)
    for (const [from, n] of [
      ['nasty.1.csv', 2],
      ['nasty.1.jsonl', 3],
    ] as const) {
      await graph.kit.reset()
      expect(await take({ users: file(from) })).toBe(0)
      for (const format of ['csv', 'jsonl']) {
        expect(await give({ users: file(`nasty.${n}.${format}`) })).toBe(0)
        expect(text(`nasty.${n}.${format}`)).toBe(text(`nasty.1.${format}`))
      }
    }
    const lines = text('nasty.1.jsonl').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).description)).toEqual(nasty.map((one) => one.description))
    expect(lines.map((line) => JSON.parse(line).annotations)).toEqual(
      nasty.map((one) =>
        one.annotations === undefined ? undefined : JSON.parse(JSON.stringify(one.annotations)),
      ),
    )
  })

  it('holds every follow once, in order, also where a page ends among those of one user', async () => {
    await graph.cypher(
      'UNWIND range(1, 300) AS n CREATE (:User {id: n, username: "u" + n, username_key: "u" + n, created_at: datetime("2012-01-01T00:00:00Z")})',
    )
    await graph.cypher(`MATCH (a:User), (b:User) WHERE a.id <= 100 AND a <> b WITH a, b, a.id * 1000 + b.id AS id
      CREATE (a)-[:FOLLOWS {id: id, follower_id: a.id, followee_id: b.id, followed_at: datetime("2012-01-01T00:00:00Z")}]->(b)`)
    expect(await give({ follows: file('many.csv') })).toBe(0)
    const expected = []
    for (let a = 1; a <= 100; a += 1)
      for (let b = 1; b <= 300; b += 1)
        if (a !== b) expected.push(`${a},${b},2012-01-01T00:00:00Z,${a * 1000 + b}`)
    expect(text('many.csv').split('\n').slice(1, -1)).toEqual(expected)
  })

  // As Cypher, or an import of an older release, may have left them.
  it('leaves out, and tells, values that the API refuses, so that an import takes the user', async () => {
    await take({ users: file('good.csv', 'id,username,locale\n1,ada,de_DE\n2,bo,sv\n') })
    await graph.cypher(
      `MATCH (u:User {id: 1}) SET u.timezone = '+01:00', u.locale = 'xx notalocale!!', u.name = $name, u.verified_domain = '<b>x',
       u.avatar_image_url = 'https://x.example/a.png', u.avatar_image_width = 99999999, u.avatar_image_height = 1`,
      { name: 'x'.repeat(51) },
    )
    const heard = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      expect(await give({ users: file('left.csv') })).toBe(0)
      const told = heard.mock.calls.join('')
      for (const field of ['timezone', 'locale', 'name', 'verified_domain', 'avatar_image'])
        expect(told).toContain(`user 1: its ${field} is left out of the export, because imports refuse it (`)
      expect(told).not.toContain('user 2')
      await graph.kit.reset()
      heard.mockClear()
      expect(await take({ users: file('left.csv') })).toBe(0)
      expect(heard.mock.calls).toEqual([])
    } finally {
      heard.mockRestore()
    }
    expect(await graph.cypher('MATCH (u:User) RETURN u.id, u.username, u.locale ORDER BY u.id')).toEqual([
      [1n, 'ada', 'en_US'],
      [2n, 'bo', 'sv'],
    ])
  })

  it('leaves out, and does not stumble over, what was made by hand', async () => {
    await graph.cypher(
      'CREATE (a:User {id: 1}), (b:User {id: 2, username: "not one"}), (:User), (:User {id: "x"}), (a)-[:FOLLOWS]->(b), (b)-[:FOLLOWS {id: "x", follower_id: 2, followee_id: 1}]->(a), (a)-[:FOLLOWS {id: 3, follower_id: 1}]->(b)',
    )
    expect(await give({ users: file('hand.csv'), follows: file('hand-follows.csv') })).toBe(0)
    const [header = '', ...rows] = text('hand.csv').split('\n')
    const empty = header.replace(/[^,]/g, '')
    expect(rows).toEqual([`1${empty}`, `2${empty}`, ''])
    expect(text('hand-follows.csv')).toBe('follower_id,followee_id,followed_at,id\n')
  })
})

describe('import', () => {
  const put = () => take({ users: file('users.csv', USERS), follows: file('follows.csv', FOLLOWS) })

  it('run again changes nothing', async () => {
    await put()
    const before = await follows()
    await put()
    expect(await follows()).toEqual(before)
    expect(await graph.cypher("MATCH (s:Sequence {name: 'relations'}) RETURN s.value")).toEqual([[13n]]) // one of them is the reset
  })

  it('writes what differs only in a property that Cypher changed', async () => {
    await put()
    await graph.cypher(
      'MATCH (a:User {id: 1}), (b:User {id: 2}) SET a.locked = true REMOVE a.hides_lists, b.locked, b.search_words',
    )
    await take({ users: file('flags.csv', `${USERS.replace(',,true,9007', ',false,true,9007')}`) })
    expect(
      await graph.cypher(
        'MATCH (u:User) WHERE u.id < 3 RETURN u.locked, u.hides_lists, u.search_words IS NOT NULL ORDER BY u.id',
      ),
    ).toEqual([
      [null, true, true],
      [true, null, true],
    ])
  })

  it('--dry-run writes nothing', async () => {
    expect(
      await take({ users: file('users.csv', USERS), follows: file('follows.csv', FOLLOWS), dryRun: true }),
    ).toBe(0)
    expect(await graph.cypher('MATCH (u:User) RETURN count(u)')).toEqual([[0n]])
  })

  it('--replace lets the file win as a whole, merge only where it says something', async () => {
    await put()
    const changed = {
      users: file('less.csv', 'id,username\n1,Ada\n'),
      follows: file('dated.csv', 'follower_id,followee_id,followed_at,id\n1,2,2000-01-01T00:00:00Z,99\n'),
    }
    await take(changed)
    expect(await graph.cypher('MATCH (u:User {id: 1}) RETURN u.name')).toEqual([['Ada L.']])
    expect((await follows())[0]).toEqual([1n, 2n, 7n, '2013-05-05T05:05:05Z'])
    await take({ ...changed, replace: true })
    expect(
      await graph.cypher('MATCH (u:User {id: 1}) RETURN u.name, toString(u.created_at), u.moved_to'),
    ).toEqual([['Ada', '2011-01-02T03:04:05Z', 9007199254740993n]])
    expect((await follows())[0]).toEqual([1n, 2n, 99n, '2000-01-01T00:00:00Z'])
    expect(await follows()).toHaveLength(3)
  })

  it('--reject keeps bad lines as they stand, under the header', async () => {
    await take({ users: file('users.csv', USERS) })
    const lines = 'follower_id,followee_id\n1,2\n1,x\r\n2,77\n1,1\n'
    expect(
      await take({ follows: file('bad.csv', lines), knownUsers: true, reject: file('reject.csv') }),
    ).toBe(0)
    // What the reader refuses comes before what the graph refuses.
    expect(text('reject.csv')).toBe('follower_id,followee_id\n1,x\r\n1,1\n2,77\n')
    expect(await follows()).toHaveLength(1)
  })

  it("takes Mastodon's list of one account", async () => {
    await take({ users: file('users.csv', USERS) })
    const list =
      'Account address,Show boosts,Notify on new posts,Languages\nADA@example.social,true,false,\nnobody@example.social,true,false,en\nbo@example.social,true,false,\n'
    expect(await take({ follows: file('mastodon.csv', list), as: '@bo', reject: file('reject.csv') })).toBe(0)
    expect((await follows()).map(([a, b]) => [a, b])).toEqual([[2n, 1n]])
    expect(text('reject.csv').split('\n').slice(1).sort()).toEqual([
      '',
      'bo@example.social,true,false,',
      'nobody@example.social,true,false,en',
    ])
  })

  it('refuses follows across a block, and a block ends follows', async () => {
    await put()
    await take({ blocks: file('blocks.csv', 'blocker_id,blocked_id\n2,1\n') })
    expect((await follows()).map(([a, b]) => [a, b])).toEqual([[1n, 9007199254740993n]])
    await put()
    expect(await follows()).toHaveLength(1)
  })

  const requests = () =>
    graph.cypher(
      'MATCH (a)-[q:REQUESTS]->(b) RETURN a.id, b.id, q.requester_id, q.requested_id ORDER BY a.id, b.id',
    )
  const asked = (name: string, lines: string) => file(name, `requester_id,requested_id\n${lines}`)

  it("makes requests of Mastodon's list where an account is locked, and counts them", async () => {
    await take({ users: file('users.csv', USERS) })
    await take({ users: file('eve.csv', 'id,username,locked\n4,eve,true\n5,ian,true\n') })
    await take({ follows: file('back.csv', 'follower_id,followee_id\n5,1\n') })
    const list = 'Account address\nbo@example.social\neve@example.social\nian@example.social\n'
    const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    try {
      // Ian follows Ada, so Ada may follow without asking; the second time changes nothing.
      for (const made of [2, 0]) {
        printed.mockClear()
        expect(await take({ follows: file('mastodon.csv', list), as: '@ada' })).toBe(0)
        const counts = JSON.parse(String(printed.mock.calls.at(-1)?.[0]))
        expect(counts).toMatchObject({
          follows: 1,
          requests: 2,
          bad: 0,
          made_requests: made,
          made_follows: made / 2,
        })
      }
    } finally {
      printed.mockRestore()
    }
    expect((await requests()).map(([a, b]) => [a, b])).toEqual([
      [1n, 2n],
      [1n, 4n],
    ])
    expect((await follows()).map(([a, b]) => [a, b])).toEqual([
      [1n, 5n],
      [5n, 1n],
    ])
  })

  it('keeps requests, blocks and follows of a pair from being there at once, whichever file comes first', async () => {
    await put()
    const late = asked('late.csv', '1,2\n2,9007199254740993\n')
    expect(await take({ requests: late, reject: file('reject.csv') })).toBe(0)
    expect(text('reject.csv')).toBe('requester_id,requested_id\n1,2\n')
    expect(await requests()).toEqual([[2n, 9007199254740993n, 2n, 9007199254740993n]])
    await take({ follows: file('now.csv', 'follower_id,followee_id\n2,9007199254740993\n') })
    expect(await requests()).toEqual([])
    await take({ requests: asked('far.csv', '9007199254740993,1\n9007199254740993,2\n') })
    await take({ blocks: file('blocks.csv', 'blocker_id,blocked_id\n1,9007199254740993\n') })
    expect((await requests()).map(([a, b]) => [a, b])).toEqual([[9007199254740993n, 2n]])
    expect(
      await take({ requests: asked('far.csv', '9007199254740993,1\n'), reject: file('reject.csv') }),
    ).toBe(0)
    expect(text('reject.csv')).toBe('requester_id,requested_id\n9007199254740993,1\n')
    expect(await requests()).toHaveLength(1)
  })

  it('takes a pair once, however often the file names it, across batches too', async () => {
    const lines = Array.from({ length: 12_000 }, (_, n) => `${(n % 90) + 1},${(n % 91) + 100}`)
    expect(await take({ follows: file('again.csv', `follower_id,followee_id\n${lines.join('\n')}\n`) })).toBe(
      0,
    )
    const distinct = new Set(lines)
    expect(await graph.cypher('MATCH ()-[f:FOLLOWS]->() RETURN count(f), count(DISTINCT f.id)')).toEqual([
      [BigInt(distinct.size), BigInt(distinct.size)],
    ])
  })
})
