// Lists as people have them, in every kind of file: the same rows come out, however they were written.
// Long, because it is a table of files with the rows that come out.
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { BLOCKS, FOLLOWS, MUTES, type RelationKind } from '../../src/relations/kinds.ts'
import { readAddresses } from '../../src/transfer/import/mastodon-file.ts'
import { readRelations } from '../../src/transfer/import/relations-file.ts'
import { readUsers } from '../../src/transfer/import/users-file.ts'
import { startTestService } from '../support/service.ts'
import { fileOf, freshIds, type Read, readAll, readText, removeFiles, runImport } from './reading.ts'

afterAll(removeFiles)

afterEach(() => vi.restoreAllMocks())
const service = await startTestService()

type File = { kind: string; read: Read<object>; header: string[]; rows: string[][]; records: object[] }
const DATE = '2013-05-05T05:05:05Z'

const relations = (kind: RelationKind): File => ({
  kind: kind.plural,
  read: (path, on) => readRelations(path, kind, on),
  header: [kind.from, kind.to, kind.at, 'id'],
  rows: [
    ['1', '2', DATE, '7'],
    ['3', '4', '', ''],
    ['5', '6', DATE, ''],
  ],
  records: [
    { [kind.from]: 1n, [kind.to]: 2n, [kind.at]: DATE, id: 7n },
    { [kind.from]: 3n, [kind.to]: 4n },
    { [kind.from]: 5n, [kind.to]: 6n, [kind.at]: DATE },
  ],
})
const USERS: File = {
  kind: 'users',
  read: readUsers,
  header: ['id', 'username', 'type', 'created_at'],
  rows: [
    ['1', 'ada', 'bot', DATE],
    ['2', 'bo', '', ''],
    ['3', 'cy', 'feed', ''],
  ],
  records: [
    { id: 1n, username: 'ada', type: 'bot', created_at: DATE },
    { id: 2n, username: 'bo' },
    { id: 3n, username: 'cy', type: 'feed' },
  ],
}
const MASTODON: File = {
  kind: "Mastodon's lists",
  read: readAddresses,
  header: ['Account address', 'Show boosts', 'Notify on new posts', 'Languages'],
  rows: [
    ['ada@example.social', 'true', 'false', 'en'],
    ['bo@example.social', 'true', '', ''],
    ['cy@example.social', '', 'x', ''],
  ],
  records: [{ username: 'ada' }, { username: 'bo' }, { username: 'cy' }],
}
const FILES = [USERS, ...[FOLLOWS, MUTES, BLOCKS].map(relations), MASTODON]

type Rows = string[][]
const table = (rows: Rows, delimiter = ',', end = '\n') =>
  rows.map((row) => row.join(delimiter) + end).join('')
const shorter = (row: string[]) => row.slice(0, row.findLastIndex((cell) => cell !== '') + 1)

const WAYS: [way: string, written: (rows: Rows) => string | Uint8Array][] = [
  ['LF', (rows) => table(rows)],
  ['CRLF', (rows) => table(rows, ',', '\r\n')],
  ['CR alone', (rows) => table(rows, ',', '\r')],
  ['no last line end', (rows) => table(rows).trimEnd()],
  ['CR alone, no last line end', (rows) => table(rows, ',', '\r').trimEnd()],
  ['CR alone, gzipped', (rows) => gzipSync(table(rows, ',', '\r'))],
  [
    'a header that ends with CR, rows with LF and CRLF',
    ([head, ...rows]) => `${head}\r${table(rows.slice(0, 1))}${table(rows.slice(1), ',', '\r\n')}`,
  ],
  ['CR alone with blank lines', (rows) => table(rows, ',', '\r\r')],
  ['semicolons', (rows) => table(rows, ';')],
  ['tabs', (rows) => table(rows, '\t')],
  ['bars', (rows) => table(rows, '|')],
  ['a line that names the separator', (rows) => `sep=;\r\n${table(rows, ';', '\r\n')}`],
  ['a byte order mark', (rows) => `\uFEFF${table(rows)}`],
  ['a byte order mark, gzipped, CRLF, semicolons', (rows) => gzipSync(`\uFEFF${table(rows, ';', '\r\n')}`)],
  ['short rows', (rows) => table(rows.map(shorter))],
  [
    'rows longer by empty cells',
    ([head, ...rows]) => table([head as string[], ...rows.map((row) => [...row, '', ' ', ''])]),
  ],
  ['a header longer by empty cells', ([head, ...rows]) => table([[...(head as string[]), '', ''], ...rows])],
  [
    'blank lines and rows of separators',
    (rows) =>
      table(rows.flatMap((row) => [[''], row, ['', '', '', ''], ['  '], ['', ' ', '\t'], ['""', '""']])),
  ],
  ['spaces around cells', (rows) => table(rows.map((row) => row.map((cell) => `  ${cell} `)))],
  ['tabs around cells', (rows) => table(rows.map((row) => row.map((cell) => `\t${cell}\t`)))],
  ['quoted cells', (rows) => table(rows.map((row) => row.map((cell) => `"${cell}"`)))],
  ['quoted cells with spaces around', (rows) => table(rows.map((row) => row.map((cell) => ` "${cell}"  `)))],
  [
    'a header in other case',
    ([head, ...rows]) => table([(head as string[]).map((name) => name.toUpperCase()), ...rows]),
  ],
  [
    'columns nobody knows',
    (rows) => table(rows.map((row, n) => ['x', ...row, n === 0 ? 'note' : '"a\n9,9,9"'])),
  ],
]

it.each<[what: string, read: Read<object>, content: string, records: number]>([
  ['bzip2', readAddresses, 'BZh9and1@example.social\nbo@example.social\n', 2],
  // The mark of a tar archive is at byte 257.
  ['tar', readAddresses, `${'ann@example.soc\n'.repeat(16)}mustard@example.social\n`, 17],
  ['tar of GNU', readUsers, `id,note\n1,${'x'.repeat(246)}mustar d\n2,\n`, 2],
])('a text that has the mark of %s by chance is read', async (_, read, content, records) => {
  const read_ = await readText(read, content)
  expect(read_.bad).toEqual([])
  expect(read_.records).toHaveLength(records)
})

describe.each(FILES)('$kind', ({ read, header, rows, records }) => {
  it.each(WAYS)('%s', async (_, written) => {
    const read_ = await readText(read, written([header, ...rows]))
    expect(read_.bad).toEqual([])
    expect(read_.records).toEqual(records)
  })

  it('of any size, with CR alone, from a pipe in small pieces too', async () => {
    const many = Array.from({ length: 40_000 }, () => rows).flat()
    const text = table([header, ...many], ',', '\r')
    for (const content of [text, gzipSync(text)]) {
      const { records: found, bad } = await readText(read, content)
      expect([found.length, bad]).toEqual([many.length, []])
    }
    const few = table([header, ...rows], ',', '\r')
    const pieces = Array.from(Buffer.from(few), (byte) => Buffer.of(byte))
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from(pieces) as never)
    expect(await readAll(read, '-')).toMatchObject({ records, bad: [] })
  })
})

describe.each(FILES.filter((file) => file !== MASTODON))('$kind', ({ read, header, rows, records }) => {
  it('a row that has more than empty cells too many, or lacks what it needs, is bad', async () => {
    const first = rows[0] as string[]
    const written = [header, [...first, '', 'more'], [' ', ...first.slice(1)], rows[1] as string[]]
    const { records: found, bad } = await readText(read, table(written))
    expect(found).toEqual([records[1]])
    expect(bad.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'the line has 6 fields, the header 4: give it as many'],
      [3, `${header[0]} is missing: write it`],
    ])
  })
})

describe('ids', () => {
  it('of floating-point programs are taken, those that were rounded are refused and it is said why', async () => {
    const cells = [
      '7.0',
      '7.00',
      ' 8 ',
      '9007199254740991.0',
      '1.1E+17',
      '1,1E+17',
      '1.1e17',
      '9007199254740993.0',
      '7.5',
      '7.000',
      '1.0E+03',
    ]
    const { records, bad } = await readText(
      readUsers,
      `id;name\n${cells.map((cell) => `${cell};x\n`).join('')}`,
    )
    expect(records.map(({ id }) => id)).toEqual([7n, 7n, 8n, 9007199254740991n])
    expect(bad.map(({ reason }) => /digits are lost/.test(reason))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      true,
    ])
    for (const { reason } of bad)
      expect(reason).toMatch(/^id is ".*": write an integer from 1 to 9223372036854775807/)
  })

  it('in JSON lines too', async () => {
    const lines = [
      '{"id":7.0}',
      '{"id":" 8 "}',
      '{"id":"9.0"}',
      '{"id":1.1E+17}',
      '{"id":"1.1E+17"}',
      '{"id":9007199254740993.0}',
      '{"id":9007199254740993}',
    ]
    const { records, bad } = await readText(readUsers, lines.join('\r'))
    expect(records.map(({ id }) => id)).toEqual([7n, 8n, 9n, 9007199254740993n])
    expect(bad.map(({ line, reason }) => [line, /digits are lost/.test(reason)])).toEqual([
      [4, true],
      [5, true],
      [6, true],
    ])
  })
})

it('names and descriptions keep their spaces', async () => {
  const { records } = await readText(
    readUsers,
    'id,name,description\n 1 ,  Ada ,\t"  two words "  \n2," ", x\n',
  )
  expect(records).toEqual([
    { id: 1n, name: '  Ada ', description: '  two words ' },
    { id: 2n, name: ' ', description: ' x' },
  ])
})

describe("Mastodon's lists", () => {
  it.each([
    ['no header', 'ada@example.social\nbo@example.social\n'],
    ['no header, leading @', '@ada@example.social\n@bo@example.social\n'],
    ['no header, CRLF and a mark', '\uFEFFada@example.social\r\nbo@example.social'],
    ['no header, CR alone', 'ada@example.social\rbo@example.social\r'],
    ['no header, more cells in some rows', 'ada@example.social\nbo@example.social,false\n'],
    ['no header, quoted', '"ada@example.social"\n"bo@example.social"\n'],
    ['no header, spaces and blank lines', '\n  ada@example.social\n\n bo@example.social \n'],
    ['an acct header', 'acct\nada@example.social\nbo@example.social\n'],
    ['an Account header', 'Account,Note\nada@example.social,x\nbo@example.social,\n'],
    [
      'the header of mutes',
      'Account address,Hide notifications\nada@example.social,true\nbo@example.social,false\n',
    ],
    ['semicolons', 'Account address;Hide notifications\nada@example.social;true\nbo@example.social;\n'],
    ['JSON lines', '{"acct":"ada@example.social"}\n{"account address":"@bo@example.social"}\n'],
  ])('%s', async (_, text) => {
    expect(await readText(readAddresses, text)).toMatchObject({
      records: [{ username: 'ada' }, { username: 'bo' }],
      bad: [],
    })
  })

  it('an empty one is an empty list; an address that is none is one bad line', async () => {
    expect(await readText(readAddresses, '')).toMatchObject({ records: [], bad: [] })
    const text = 'ada@example.social\nnot an address\njean-luc@example.social\nbo@example.social\n'
    const { records, lines } = await readText(readAddresses, text)
    expect([records.length, lines]).toEqual([2, [2, 3]])
  })

  it('go in for one account, blocks and mutes without a header', async () => {
    const [ada, bo, cy] = await service.users(3)
    const list = fileOf(`${bo?.username}@example.social\n@${cy?.username?.toUpperCase()}@other.example\n`)
    for (const what of ['blocks', 'mutes', 'follows'] as const) {
      const { counts, status } = await runImport({ [what]: list, as: `@${ada?.username}` })
      expect([status, counts]).toEqual([
        0,
        expect.objectContaining(what === 'follows' ? { bad: 2 } : { [`made_${what}`]: 2, bad: 0 }),
      ])
    }
    const { body } = await service.call('GET', `/users/${bo?.id}`, { token: ada?.token as string })
    expect(body.data).toMatchObject({ you_blocked: true, you_muted: true, you_follow: false })
  })

  it('without --as it is said what is missing', async () => {
    const list = fileOf('Account address,Show boosts\nada@example.social,true\n')
    await expect(runImport({ follows: list })).rejects.toThrow(/needs --as USER/)
    await expect(runImport({ blocks: fileOf('ada@example.social\n') })).rejects.toThrow(/needs --as USER/)
  })
})

it('goes in by the command as well', async () => {
  const id = freshIds()
  const username = `x${id(1).toString(36)}`
  const users = fileOf(
    `\uFEFFid;username;name;created_at\r ${id(1)} ; ${username} ; Ada ;2024-05-01 12:00:00+02\r;;;\r${id(2)}\r`,
  )
  expect(await runImport({ users })).toMatchObject({ status: 0, counts: { users: 2, bad: 0 } })
  const { body } = await service.call('GET', `/users/${id(1)}`)
  expect(body.data).toMatchObject({ username, name: ' Ada ', created_at: '2024-05-01T10:00:00Z' })
})
