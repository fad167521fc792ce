// Files as other programs write them: whatever people put into their texts makes no user, and nobody is lost without a message.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { rejectFile } from '../../src/commands/rejects.ts'
import { readUsers } from '../../src/transfer/import/users-file.ts'
import { readFollows } from '../support/follows-file.ts'
import { fromStdin } from '../support/from-stdin.ts'

afterEach(() => vi.restoreAllMocks())

const HEADER = 'id,username,name,description'
const ids = (records: { id: bigint }[]) => records.map(({ id }) => Number(id))
const ESCAPED = /^stdin:\d+: quotes inside quotes are escaped by backslashes, as MySQL, Spark/

describe('quotes that backslashes escape', () => {
  test.each<[what: string, rows: string]>([
    ['text behind one', '2,h,Eve,"she said \\"hi\\" to me"\n'],
    ['a row of its own behind one', '2,h_2,Eve,"x\\"\n3,h_3,OWNED,by spark\n"\n4,h_4,Bo,fine\n'],
    ['a delimiter and another behind one', '2,h_2,Eve,"a\\",\\"\n3,h_3,OWNED,x\n"\n4,h_4,Bo,"fine"\n'],
    ['two at the ends, and MySQL’s line end', '2,h_2,Eve,"\\"hi\\"\\\n3,h_3,OWNED,x\\\n"\n4,h_4,Bo,fine\n'],
    ['a quote behind one', '2,h_2,"x\\"","y"\n3,h_3,"y\\"",\n'],
    ['backslashes that are not escaped', '2,h_2,Eve,"x\\\\"\n3,h_3,OWNED,x\n"\n4,h_4,Bo,fine\n'],
    ['PHP, which doubles other quotes', '2,h_2,"a ""b""","x\\"\n3,h_3,OWNED,x\n"\n4,h_4,Bo,"it, ""fine"""\n'],
    ['both in a field of one line', '2,h_2,"a\\",\\"b",x\n3,h_3,Bo,fine\n'],
  ])('%s: the import ends with a sentence', async (_, rows) => {
    const seen: bigint[] = []
    const reading = fromStdin(async function* (path, on) {
      for await (const batch of readUsers(path, on)) {
        seen.push(...batch.map(({ id }) => id))
        yield batch
      }
    }, `${HEADER}\n${rows}`)
    await expect(reading).rejects.toThrow(ESCAPED)
    expect(seen).toEqual([])
  })

  test.each<[what: string, rows: string, names: (string | undefined)[]]>([
    ['at the end of a field', '1,a,"C:\\",x\n2,b,"D:\\",y\n', ['C:\\', 'D:\\']],
    ['at the end of a row', '1,a,,"C:\\"\n2,b,Bo,x\n3,c,"Cy","x"\n', [undefined, 'Bo', 'Cy']],
    ['at the end of a row, and no quote behind it', '1,a,,"C:\\"\n2,b,Bo,x\n', [undefined, 'Bo']],
    ['at the end of each row', '1,a,"A","C:\\"\n2,b,"B","C:\\"\n'.repeat(2_000), []],
    ['before a doubled quote', '1,a,"\\""","x"\n2,b,"\\"" x\n3,""y""",z\n', ['\\"', '\\" x\n3,"y"']],
    ['in JSON', '1,a,"[{""x"":""\\""hi\\"", bo""}]","x"\n2,b,"\\""",\n', ['[{"x":"\\"hi\\", bo"}]', '\\"']],
  ])('are no quotes escaped where the file shows it: %s', async (_, rows, names) => {
    const { records, bad } = await fromStdin(readUsers, `${HEADER}\n${rows}`)
    expect(bad).toEqual([])
    if (names.length > 0) expect(records.map(({ name }) => name)).toEqual(names)
    else expect(records).toHaveLength(4_000)
  })

  test('are refused where nothing shows it within 8 MiB', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'escapes-'))
    for (const row of ['2,h_2,"a\\"",x', '2,h_2,,"a\\"']) {
      await writeFile(join(folder, 'u.csv'), `${HEADER}\n${row}\n${'3,h_3,Bo,fine\n'.repeat(800_000)}`)
      const reading = (async () => {
        for await (const _ of readUsers(join(folder, 'u.csv'), { bad: () => expect.unreachable() }))
          expect.unreachable()
      })()
      await expect(reading).rejects.toThrow(
        /u\.csv:2: it cannot be known whether the quote behind a backslash/,
      )
    }
    await rm(folder, { recursive: true })
  })

  test('are none in an export, whatever the texts', async () => {
    const columns =
      'id,username,name,type,description,timezone,locale,created_at,verified_domain,avatar_image,cover_image,annotations,locked,hides_lists,moved_to'
    const rows = [
      '2,b,",\\",,,,,,,,,,,,',
      '3,c,\\,,,,,,,,,,,,',
      '4,d,",\\",,,,,,,,,,,,',
      '5,e,"\\N",,"\\",,,,,,,,,,',
    ]
    const { records, bad } = await fromStdin(readUsers, [columns, ...rows, ''].join('\n'))
    const spark = `${columns}\n2,b,"x\\"\n3,c,OWNED,"\n4,d,"D, d"\n`
    await expect(fromStdin(readUsers, spark)).rejects.toThrow(ESCAPED)
    expect([records.map(({ name }) => name), bad]).toEqual([[',\\', '\\', ',\\', '\\N'], []])
  })

  test('are one bad line where both are possible', async () => {
    const { records, bad } = await fromStdin(
      readUsers,
      `${HEADER}\n1,a,Al,x\n2,b,",\\"\n3,c,OWNED,x\n4,d,",\\"\n5,e,Ed,"x"\n6,f,Fay,x\n`,
    )
    expect(ids(records)).toEqual([1, 6])
    const reason = expect.stringMatching(
      /^a quote behind a backslash closes .* \(the record ends in line 6\)$/,
    )
    expect(bad).toEqual([{ file: 'stdin', line: 3, reason }])
  })
})

describe('where quotes are ordinary text', () => {
  test.each<[what: string, content: string, good: number[], bad: string[]]>([
    ['two descriptions', 'id\tname\tdescription\n1\tAl\t"\n2\tBo\t\n3\tCy\t"\n4\tDi\t\n', [4], ['2 4']],
    ['two names', 'id\tname\tdescription\n1\t"Al\tx\n2\tBo\t\n3\tCy"\t\n4\tDi\t\n', [4], ['2 4']],
    ['ids behind the text', 'name\tid\n"\t1\nBo\t2\n"\t3\nDi\t4\n', [4], ['2 4']],
    ['rows that are short', 'id\tname\tdescription\n1\t"\n2\tBo\n3\t"\n4\tDi\n', [4], ['2 4']],
    ['two quotes in one row', 'id\tname\tdescription\n1\t"Al\tx"\n4\tDi\t\n', [4], ['2']],
    ['`|` between fields', 'id|name\n1|"\n2|Bo\n3|"\n4|Di\n', [4], ['2 4']],
    ['MySQL without quotes', 'name\tid\n"\\\n\t1\nBo\\\t\t2\n"\t3\nDi\t4\n', [4], ['2 5']],
    ['quoted lines of Excel', 'id\tname\tdescription\n1\t"A\nl"\t"2\n3\tx\ty"\n4\t"Di\t"\tx\n', [4], ['2 4']],
  ])('%s', async (_, content, good, wrong) => {
    const { records, bad } = await fromStdin(readUsers, content)
    expect(ids(records)).toEqual(good)
    expect(
      bad.map(({ line, reason }) => [line, ...(/in line (\d+)/.exec(reason)?.slice(1) ?? [])].join(' ')),
    ).toEqual(wrong)
    expect(bad[0]?.reason).toMatch(/^the quotes enclose what may be a row of its own/)
  })

  test('quoted fields between tabs are read as Excel writes them', async () => {
    const content = 'id\tname\tdescription\n1\t"A ""l""\n2"\t"1\n2\nx\t"\n4\t"Di\t"\t"a\nb"\n'
    expect(await fromStdin(readUsers, content)).toEqual({
      records: [
        { id: 1n, name: 'A "l"\n2', description: '1\n2\nx\t' },
        { id: 4n, name: 'Di\t', description: 'a\nb' },
      ],
      bad: [],
    })
    const backward = 'name\tid\n"Ada\nLovelace"\t7\n"B\no"\t8\n'
    expect(ids((await fromStdin(readUsers, backward)).records)).toEqual([7, 8])
  })
})

describe('a line end behind a backslash', () => {
  test.each<[what: string, content: string, good: number[], lines: number[]]>([
    ['in the last field', 'id,name\n1,x\\\n3\n4,y\n', [4], [2, 3]],
    ['in the first field', 'name,id\nx\\\nOWNED\\,3,1\ny,4\n', [4], [2, 3]],
    ['twice', 'id,name\n1,x\\\n3\\\n5\n4,y\n', [4], [2, 3, 4]],
    ['behind a broken quote', 'id\tname\n1\t"" x\\\n3\n4\ty\n', [4], [2, 3]],
    ['with CRLF', 'id,name\r\n1,x\\\r\n3\r\n4,y\r\n', [4], [2, 3]],
    ['with CR', 'id,name\r1,x\\\r3\r4,y\r', [4], [2, 3]],
    ['before whole rows', 'id,name\n1,C:\\\n3,x\n4,D:\\\n5,y\n', [1, 3, 4, 5], []],
    ['that is escaped itself', 'id,name\n1,x\\\\\n3\n', [1, 3], []],
    ['at the end of the file', 'id,name\n1,x\n3,C:\\\n', [1, 3], []],
    ['whose field has an escaped delimiter', 'id,name,moved_to\n1,x\\,7,\n4,y,\n', [4], [2]],
  ])('%s', async (_, content, good, lines) => {
    const { records, bad } = await fromStdin(readUsers, content)
    expect(ids(records)).toEqual(good)
    expect(bad.map(({ line }) => line)).toEqual(lines)
  })
})

test('an unquoted \\N is an empty cell, in every column', async () => {
  const users =
    'id,username,name,description,created_at,avatar_image,annotations,locked,moved_to\n' +
    `1${',\\N'.repeat(8)}\n2,"u\\N",\n`.replace('"u\\N",', 'u,"\\N",\\N,\\N') +
    '3,,\\Nx, \\N\n\\N,\\N\n4,,\\N,"\\N",\\N,\\N,\\N,\\N,\\N\r\n'
  expect(await fromStdin(readUsers, users)).toEqual({
    records: [
      { id: 1n },
      { id: 2n, username: 'u', name: '\\N' },
      { id: 3n, name: '\\Nx', description: ' \\N' },
      { id: 4n, description: '\\N' },
    ],
    bad: [],
  })
  const follows = 'follower_id\tfollowee_id\tfollowed_at\tid\n1\t2\t\\N\t\\N\n\\N\t2\t\\N\t7\n'
  expect(await fromStdin(readFollows, follows)).toEqual({
    records: [{ follower_id: 1n, followee_id: 2n }],
    bad: [{ file: 'stdin', line: 3, reason: 'follower_id is missing: write it' }],
  })
})

test.each(['\n', '\r\n', '\r'])(
  'bad lines of a file with sep= are read again, lines ending with %j',
  async (end) => {
    const folder = await mkdtemp(join(tmpdir(), 'rejects-'))
    const [path, rejected] = [join(folder, 'users.csv'), join(folder, 'rejected.csv')]
    await writeFile(path, ['sep=^', 'id^name', '1^Al', 'x^Bo^', ''].join(end))
    const rejects = rejectFile(rejected)
    const on = { header: rejects.header, bad: (_: object, raw?: string | Buffer) => rejects.add(raw) }
    for await (const batch of readUsers(path, on)) expect(ids(batch)).toEqual([1])
    rejects.close()
    const text = await readFile(rejected, 'utf8')
    await rm(folder, { recursive: true })
    expect(await fromStdin(readUsers, text.replace('x^', '2^'))).toEqual({
      records: [{ id: 2n, name: 'Bo' }],
      bad: [],
    })
  },
)

test('lines that end with a backslash, without an end, are bad lines, in a time that grows with their number', async () => {
  const { records, bad } = await fromStdin(readUsers, `id,name\n1,x\\\n${'y\\\n'.repeat(20_000)}`)
  expect([records, bad.length]).toEqual([[], 20_001])
})
