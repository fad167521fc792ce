// What goes into a transfer file comes out of it again, and a bad line costs nothing but itself.
// Long, for every format is written and read by the same helpers on the same records.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeUsers } from '../../src/transfer/export/users-file.ts'
import type { Bad } from '../../src/transfer/import/lines.ts'
import { readUsers } from '../../src/transfer/import/users-file.ts'
import { MAX_RELATION_ID } from '../../src/transfer/relation.ts'
import type { UserRecord } from '../../src/transfer/user.ts'
import { type FollowRecord, readFollows, writeFollows } from '../support/follows-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transfer-'))
})
afterAll(() => rm(folder, { recursive: true }))

type Read<R> = (path: string, on: { bad(bad: Bad): void }) => AsyncIterable<R[]>

async function readAll<R>(read: Read<R>, path: string) {
  const bad: Bad[] = []
  const records: R[] = []
  for await (const batch of read(path, { bad: (one) => bad.push(one) })) records.push(...batch)
  return { records, bad }
}

async function fromText<R>(read: Read<R>, content: string | Uint8Array) {
  const path = join(folder, 'input')
  await writeFile(path, content)
  return readAll(read, path)
}

async function* inBatches<R>(records: R[], size = 3) {
  for (let at = 0; at < records.length; at += size) yield records.slice(at, at + size)
}

const ids = (records: { id: bigint }[]) => records.map((record) => Number(record.id))

const id = fc.bigInt(1n, 2n ** 63n - 1n)
const awkward = fc.constantFrom('"', ',', '\n', '\r', '\r\n', '👩‍👧', 'שלום', '\u202e', ' ', "'", '\\', ';')
const text = (most: number) =>
  fc
    .array(fc.oneof(awkward, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })), { minLength: 1 })
    // U+0000 is no text; test/outside/text-in-files.test.ts has it.
    .map((parts) => [...parts.join('').replaceAll('\0', '')].slice(0, most).join('') || '-')
const date = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((moment) => `${moment.toISOString().slice(0, 19)}Z`)
const image = fc.record({
  url: fc.webUrl({ withQueryParameters: true }),
  width: fc.integer({ min: 1, max: 9999 }),
  height: fc.integer({ min: 1, max: 9999 }),
})
const user: fc.Arbitrary<UserRecord> = fc.record(
  {
    id,
    username: fc.stringMatching(/^[A-Za-z0-9_]{1,20}$/),
    name: text(50),
    type: fc.constantFrom('human' as const, 'feed' as const, 'bot' as const),
    description: text(256),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Etc/GMT+1'),
    locale: fc.stringMatching(/^[a-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$/),
    created_at: date,
    verified_domain: fc.stringMatching(/^[A-Za-z0-9.-]{1,253}$/),
    avatar_image: image,
    cover_image: image,
    annotations: fc.array(fc.record({ type: text(20), value: text(20) })),
  },
  { requiredKeys: ['id'], noNullPrototype: true },
)
const follow: fc.Arbitrary<FollowRecord> = fc
  .record(
    { follower_id: id, followee_id: id, followed_at: date, id: fc.bigInt(1n, MAX_RELATION_ID) },
    { requiredKeys: ['follower_id', 'followee_id'], noNullPrototype: true },
  )
  .filter((one) => one.follower_id !== one.followee_id)

describe('written and read again', () => {
  const names = ['records.csv', 'records.csv.gz', 'records.jsonl', 'records.ndjson.gz']

  test.each(names)('users in %s', async (name) => {
    const path = join(folder, name)
    await fc.assert(
      fc.asyncProperty(fc.array(user, { maxLength: 12 }), async (some) => {
        const users = [...some, { id: 1n, name: '\\N' }]
        expect(await writeUsers(path, inBatches(users))).toBe(users.length)
        expect(await readAll(readUsers, path)).toEqual({ records: users, bad: [] })
      }),
      { numRuns: 60 },
    )
  })

  test.each(names)('follows in %s', async (name) => {
    const path = join(folder, name)
    await fc.assert(
      fc.asyncProperty(fc.array(follow, { maxLength: 12 }), async (follows) => {
        expect(await writeFollows(path, inBatches(follows))).toBe(follows.length)
        expect(await readAll(readFollows, path)).toEqual({ records: follows, bad: [] })
      }),
      { numRuns: 40 },
    )
  })

  test('more records than one batch, larger than one read', async () => {
    const users = Array.from({ length: 12_001 }, (_, n) => ({ id: BigInt(n + 1), name: `"${n}"\n,` }))
    const path = join(folder, 'many.csv')
    await writeUsers(path, inBatches(users, 5_000))
    const sizes: number[] = []
    for await (const batch of readUsers(path, { bad: (one) => expect.unreachable(one.reason) }))
      sizes.push(batch.length)
    expect(sizes).toEqual([5_000, 5_000, 2_001])
  })

  test('the columns stand in the promised order', async () => {
    const [users, follows] = [join(folder, 'u.csv'), join(folder, 'f.csv.gz')]
    await writeUsers(users, inBatches<UserRecord>([{ id: 7n, name: 'Bo, "the" B', annotations: [] }]))
    await writeFollows(follows, inBatches<FollowRecord>([{ follower_id: 1n, followee_id: 2n, id: 9n }]))
    expect(await readFile(users, 'utf8')).toBe(
      'id,username,name,type,description,timezone,locale,created_at,verified_domain,avatar_image,cover_image,annotations,locked,hides_lists,moved_to\n' +
        '7,,"Bo, ""the"" B",,,,,,,,,[],,,\n',
    )
    expect(gunzipSync(await readFile(follows)).toString()).toBe(
      'follower_id,followee_id,followed_at,id\n1,2,,9\n',
    )
  })

  test('an export that fails leaves the old file and nothing else', async () => {
    const place = await mkdtemp(join(folder, 'place-'))
    const path = join(place, 'follows.csv')
    await writeFile(path, 'old')
    async function* failing(): AsyncGenerator<FollowRecord[]> {
      yield [{ follower_id: 1n, followee_id: 2n }]
      throw new Error('the database went away')
    }
    await expect(writeFollows(path, failing())).rejects.toThrow('the database went away')
    expect(await readdir(place)).toEqual(['follows.csv'])
    expect(await readFile(path, 'utf8')).toBe('old')
    await expect(writeFollows(join(place, 'no', 'x.csv'), inBatches([]))).rejects.toThrow('create it first')
  })
})

describe('a broken quote', () => {
  test('in the middle costs its own line only', async () => {
    const { records, bad } = await fromText(
      readUsers,
      'id,name,description\n1,a,x\n2,"b,x\n3,c,x\n4,"d, ""D""","x\ny"\n5,e,x\n6,f "F,x\n7,"g" G,x\n8,h,x\n',
    )
    expect(ids(records)).toEqual([1, 3, 4, 5, 8])
    expect(records[2]).toEqual({ id: 4n, name: 'd, "D"', description: 'x\ny' })
    expect(bad.map((one) => [one.line, one.reason.split(':')[0]])).toEqual([
      [3, 'there is text after a closing quote'],
      [8, 'there is a quote inside an unquoted field'],
      [9, 'there is text after a closing quote'],
    ])
  })

  test('that nothing closes costs its own line only', async () => {
    const rows = Array.from({ length: 60_000 }, (_, n) => (n === 9_000 ? '9001,"open' : `${n + 1},name ${n}`))
    const { records, bad } = await fromText(readUsers, `id,name\n${rows.join('\n')}`)
    expect(records.length).toBe(59_999)
    expect(bad.map((one) => [one.line, one.reason])).toEqual([
      [
        9_002,
        'a quoted field is never closed: close it, and double every quote inside it; line 9002 alone is left out, and reading goes on with line 9003',
      ],
    ])
  })

  test('anywhere in a file of good rows costs at most its own line', async () => {
    const row = fc.record({ name: text(12), broken: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
        // An open quote in the last column, behind an id: only a quote of a later row could seem to close it.
        const written = rows.map(({ name, broken }, n) =>
          broken ? `${n + 1},"open` : `${n + 1},"${name.replaceAll('"', '""').replaceAll(/[\r\n]/g, ' ')}"`,
        )
        const { records, bad } = await fromText(readUsers, `id,name\n${written.join('\n')}\n`)
        const good = rows.flatMap(({ broken }, n) => (broken ? [] : [n + 1]))
        expect(ids(records)).toEqual(good)
        expect(bad.length).toBe(rows.length - good.length)
      }),
      { numRuns: 200 },
    )
  })
})

describe('formats', () => {
  const plain = 'follower_id,followee_id\n1,2\n3,4\n'
  const expected = {
    records: [
      { follower_id: 1n, followee_id: 2n },
      { follower_id: 3n, followee_id: 4n },
    ],
    bad: [],
  }

  test.each([
    ['CRLF', plain.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${plain}`],
    ['no last line break', plain.trimEnd()],
    ['blank lines', `\n\r\n${plain}\n`.replace('1,2', '1,2\n')],
    ['other order, more columns, other case', 'x,Followee_ID, follower_id\nq,2,1\nq,4,3\n'],
    ['quoted fields', '"follower_id","followee_id"\r\n"1","2"\r\n"3","4"'],
    ['JSON lines', '{"follower_id":1,"followee_id":"2"}\n\n{"follower_id":"3","followee_id":4,"x":null}'],
    [
      'JSON lines behind a byte order mark',
      '\uFEFF\n {"follower_id":1,"followee_id":2}\n{"follower_id":3,"followee_id":4}',
    ],
    ['gzip in two members', Buffer.concat([gzipSync('follower_id,followee_id\n1,'), gzipSync('2\n3,4')])],
  ])('%s', async (_, content) => {
    expect(await fromText(readFollows, content)).toEqual(expected)
  })

  test.each<[string, string | Uint8Array, string]>([
    ['a missing column', 'follower,followee_id\n1,2', 'has no column follower_id: its first line must name'],
    ['no header', '1;2\n', 'reads 1;2.'],
    ['a column twice', 'follower_id,followee_id,follower_id\n', 'names the column follower_id twice'],
    ['a JSON array', '[{"follower_id":1}]', 'is a JSON array: write JSON lines'],
    ['UTF-16', Buffer.from(`\uFEFF${plain}`, 'utf16le'), 'is UTF-16: save it as UTF-8'],
    ['a gzip that breaks off', gzipSync(plain).subarray(0, 30), 'is an incomplete gzip file'],
    ['a damaged gzip', Buffer.concat([gzipSync(plain).subarray(0, 12), Buffer.alloc(30, 7)]), 'damaged gzip'],
  ])('%s stops the reading with a sentence', async (_, content, message) => {
    await expect(fromText(readFollows, content)).rejects.toThrow(message)
    await expect(fromText(readFollows, content)).rejects.toThrow(join(folder, 'input'))
  })

  test('a file that is not there', async () => {
    await expect(readAll(readUsers, join(folder, 'nowhere.csv'))).rejects.toThrow('does not exist')
    await expect(readAll(readUsers, folder)).rejects.toThrow('is a directory')
  })

  test('a line that is not UTF-8, or endless, is bad and the others go in', async () => {
    const between = Array.from({ length: 20_000 }, (_, n) => `${n + 10},ü\n`)
    const bytes = Buffer.concat([
      Buffer.from('id,name\n1,é\n'),
      Buffer.from([0x32, 0x2c, 0xe9, 0x0a]),
      Buffer.from(`3,${'x'.repeat(9_000_000)}\n4,ü\n${between.join('')}5,${'y'.repeat(2_000_000)}`),
    ])
    const { records, bad } = await fromText(readUsers, bytes)
    expect(records.length).toBe(20_002)
    expect(records.slice(0, 3)).toEqual([
      { id: 1n, name: 'é' },
      { id: 4n, name: 'ü' },
      { id: 10n, name: 'ü' },
    ])
    expect(bad.map((one) => [one.line, one.reason.split(':')[1]])).toEqual([
      [3, ' save the file as UTF-8'],
      [4, ' shorten it'],
      [20_006, ' shorten it to 50'],
    ])
  })

  test.each<[string, Uint8Array, string]>([
    ['not UTF-8', Buffer.from([0xff]), 'the line is not UTF-8: '],
    ['endless', Buffer.alloc(9_000_000, 'x'), 'the line is longer than '],
  ])('a first line of JSON that is %s is bad and the others go in', async (_, name, reason) => {
    const { records, bad } = await fromText(
      readUsers,
      Buffer.concat([Buffer.from('{"id":1,"name":"'), name, Buffer.from('"}\n{"id":2}\n')]),
    )
    expect(records).toEqual([{ id: 2n }])
    expect(bad).toMatchObject([{ line: 1, reason: expect.stringContaining(reason) }])
  })

  test('progress counts stored bytes up to the size of the file; a listener that throws stops the reading', async () => {
    const path = join(folder, 'progress.csv.gz')
    const stored = gzipSync(`${plain}5,5\n`)
    await writeFile(path, stored)
    const seen: unknown[] = []
    const stop = () => {
      throw new Error('strict')
    }
    const progress = (read: number, total: number | undefined) => seen.push([read, total])
    await expect(readAll((from) => readFollows(from, { bad: stop, progress }), path)).rejects.toThrow(
      'strict',
    )
    expect(seen.at(-1)).toEqual([stored.length, stored.length])
  })
})
