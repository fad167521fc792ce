// Files that are no lists: one readable sentence and status 1, before anything goes in, and nothing on the terminal that it would obey.
// Long, because every case is the same command on another file.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, inject, it, vi } from 'vitest'
import { lines as bulkLines } from '../../src/transfer/import/bulk-lines.ts'
import { endPrograms, runProgram } from '../support/program.ts'
import { startTestService } from '../support/service.ts'
import { freshIds, removeFiles, runImport } from './reading.ts'

afterAll(removeFiles)

// Each is a process of its own; the first compiles the program.
vi.setConfig({ testTimeout: 60_000 })
const service = await startTestService()
const folder = mkdtempSync(join(tmpdir(), 'outside-programs-'))
afterAll(() => {
  endPrograms()
  rmSync(folder, { recursive: true, force: true })
})

const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function run(...args: string[]) {
  const { uri, username, password } = inject('neo4j')
  const program = runProgram(args, { NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password })
  const status = await program.exited
  return { status, told: program.told(), printed: program.printed() }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

const list = (rows: number) =>
  `id,username,name\n${Array.from({ length: rows }, (_, n) => `${n + 1},,José ${n}\n`).join('')}`
const noise = (bytes: number) =>
  Buffer.from(Array.from({ length: bytes }, (_, n) => (n * 7919 + (n >> 3)) & 0xff))
const zip = (name: string) =>
  Buffer.concat([Buffer.from('504b030414000000080000002100', 'hex'), Buffer.from(name), noise(2_000)])

const NONE: [what: string, content: Uint8Array | string, sentence: RegExp][] = [
  ['a zip', zip('users.csv'), /is a zip file or a spreadsheet: unpack it, or save/],
  ['an xlsx', zip('[Content_Types].xml'), /is a zip file or a spreadsheet/],
  ['an empty zip entry list', Buffer.from('504b0304', 'hex'), /is a zip file/],
  [
    'an xls',
    Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), noise(1_000)]),
    /is a spreadsheet: save its sheet as CSV/,
  ],
  ['Latin-1', Buffer.from(list(3), 'latin1'), /is not UTF-8 \(line 2\).*Latin-1.*save it as UTF-8/],
  ['Latin-1, one row', Buffer.from('id,username,name\n1,,José\n', 'latin1'), /is not UTF-8 \(line 2\)/],
  ['Latin-1, large', Buffer.from(list(30_000), 'latin1'), /is not UTF-8 \(line 2\)/],
  ['Latin-1, gzipped', gzipSync(Buffer.from(list(3_000), 'latin1')), /is not UTF-8/],
  ['Latin-1, CR alone', Buffer.from(list(3).replaceAll('\n', '\r'), 'latin1'), /is not UTF-8 \(line 2\)/],
  ['Latin-1 in the header', Buffer.from('id,name,größe\n1,a,b\n', 'latin1'), /is not UTF-8 \(line 1\)/],
  [
    'Windows-1251',
    Buffer.concat([Buffer.from('id,name\n1,'), Buffer.from('c8e2e0ed', 'hex'), Buffer.from('\n')]),
    /is not UTF-8/,
  ],
  [
    'Latin-1 in JSON lines',
    Buffer.from('{"id":1,"name":"José"}\n{"id":2,"name":"Zoë"}\n', 'latin1'),
    /is not UTF-8/,
  ],
  ['UTF-16, little end first', Buffer.from(`\uFEFF${list(3)}`, 'utf16le'), /is UTF-16: save it as UTF-8/],
  ['UTF-16, big end first', Buffer.from(`\uFEFF${list(3)}`, 'utf16le').swap16(), /is UTF-16/],
  ['UTF-16 without a mark', Buffer.from(list(3), 'utf16le'), /is UTF-16/],
  ['UTF-16, gzipped', gzipSync(Buffer.from(`\uFEFF${list(3)}`, 'utf16le')), /is UTF-16/],
  ['a gzip cut short', gzipSync(list(3_000)).subarray(0, 2_000), /is an incomplete gzip file/],
  ['the first bytes of a gzip', gzipSync(list(3)).subarray(0, 2), /is an incomplete gzip file/],
  [
    'a damaged gzip',
    Buffer.concat([gzipSync(list(3_000)).subarray(0, 400), noise(500)]),
    /is a damaged gzip file/,
  ],
  ['gzip in gzip', gzipSync(gzipSync(list(3))), /is compressed twice/],
  ['bzip2', Buffer.concat([Buffer.from('BZh91AY&SY'), noise(500)]), /bzip2/],
  ['bzip2 of nothing', Buffer.from('425a683917724538509000000000', 'hex'), /bzip2/],
  ['zstd', Buffer.concat([Buffer.from('28b52ffd', 'hex'), noise(500)]), /zstd/],
  ['xz', Buffer.concat([Buffer.from('fd377a585a00', 'hex'), noise(500)]), /xz/],
  ['brotli', brotliCompressSync(list(3_000)), /is not text|has no column|is not UTF-8/],
  [
    'a tar',
    gzipSync(
      Buffer.concat([
        Buffer.from('users.csv'),
        Buffer.alloc(248),
        Buffer.from('ustar\0'),
        Buffer.alloc(250),
        Buffer.from(list(3)),
      ]),
    ),
    /is a tar archive/,
  ],
  ['a picture', Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), noise(3_000)]), /is not text/],
  [
    'a program',
    Buffer.concat([Buffer.from('7f454c4602010100', 'hex'), Buffer.alloc(100), noise(3_000)]),
    /is not text/,
  ],
  ['noise', noise(50_000), /is not text|is not UTF-8/],
  ['zeros', Buffer.alloc(5_000), /is not text|is UTF-16/],
  ['signs that a terminal obeys', '\u001b]0;owned\u0007\u001b[2J,\u009b31m\n1,2\n', /is not text/],
  ['a header with signs above ASCII', 'id\u202ex\u009b31m,b\n1,2\n', /has no column id.*\\u202e.*\\u009b/],
  ['an empty file', '', /is empty: a CSV file begins with a line that names its columns/],
  ['an empty gzip', gzipSync(''), /is empty/],
  ['blank lines', '\n\r\n  \n', /is empty/],
  ['a mark alone', '\uFEFF', /is empty/],
  ['a page of the web', '<!DOCTYPE html>\n<html></html>\n', /has no column id: .*reads <!DOCTYPE html>/],
  [
    'a list without a header',
    '1,ada\n2,bo\n',
    /has no column id: its first line must name its columns.*reads 1,ada/,
  ],
  [
    'a long first line',
    `${'x'.repeat(5_000)},\u001b[31m`.replace('\u001b', '\u009b'),
    /has no column id.*…\.$/,
  ],
  ['a JSON array', '[{"id":1}]', /is a JSON array: write JSON lines/],
  ['JSON over several lines', '{\n  "id": 1\n}\n', /is JSON over several lines: write JSON lines/],
]

describe('import', () => {
  it.each(NONE)('%s', async (what, content, sentence) => {
    const path = file(`${what.replaceAll(/\W/g, '-')}.dat`, content)
    const error = await runImport({ users: path }).catch((thrown: Error) => thrown)
    const told = error instanceof Error ? error.message : ''
    expect(told).toMatch(sentence)
    expect(told.startsWith(path)).toBe(true)
    expect(told).not.toMatch(/\n/)
    expect(told).not.toMatch(CONTROLS)
    expect(told.length).toBeLessThan(600 + path.length)
  })

  it.each(NONE.filter(([what]) => /^(a zip|Latin-1|an empty file|signs|a header with)/.test(what)))(
    '%s, by the program',
    async (what, content, sentence) => {
      const path = file(`${what.replaceAll(/\W/g, '-')}.dat`, content)
      const { status, told, printed } = await run('import', '--users', path)
      expect(told).toMatch(sentence)
      expect([status, printed, told.split('\n').length]).toEqual([1, '', 2])
      expect(told).not.toMatch(CONTROLS)
    },
  )

  it('a directory, and a file that is not there', async () => {
    const path = join(folder, 'directory')
    mkdirSync(path)
    expect(await run('import', '--follows', path)).toMatchObject({
      status: 1,
      told: `${path} is a directory: name a file.\n`,
    })
    expect(await run('import', '--follows', `${path}/x`)).toMatchObject({
      status: 1,
      told: expect.stringContaining('does not exist'),
    })
  })

  it('nothing of one file goes in where another is none', async () => {
    const id = freshIds()
    const users = file('good.csv', `id\n${id(1)}\n`)
    for (const follows of [
      file('z.csv', zip('x')),
      file('header.csv', 'a,b\n1,2\n'),
      file('empty.csv', ''),
      join(folder, 'missing.csv'),
      folder,
    ]) {
      expect((await run('import', '--users', users, '--follows', follows)).status).toBe(1)
      expect((await service.call('GET', `/users/${id(1)}`)).status).toBe(404)
    }
    expect((await run('import', '--users', users, '--follows', file('none.jsonl', ''))).status).toBe(0)
    expect((await service.call('GET', `/users/${id(1)}`)).status).toBe(200)
  })

  it('what bad lines hold is shown short and without what a terminal would obey', async () => {
    const texts = [
      '\u001b[2J',
      '\u009b31m',
      '\u202etxt',
      '\u0007',
      '\u007f',
      '\u2028',
      'x'.repeat(100_000),
      '\r',
    ]
    const csv = texts
      .flatMap((text) => [`"${text}",a`, `1,"${text}",x,${text}`, `2,b,"${text}"`, `"${text}" x,y`])
      .join('\n')
    const lines = texts
      .flatMap((text) => [
        `{"id":${text}`,
        JSON.stringify({ id: text }),
        JSON.stringify({
          id: 1,
          username: text,
          type: text,
          created_at: text,
          annotations: [{ [`${text}\0`]: 1 }],
        }),
      ])
      .join('\n')
    for (const path of [
      file('shown.csv', `id,username,created_at\n${csv}\n`),
      file('shown.jsonl', `{"id":0}\n${lines}\n`),
    ]) {
      const { status, told, printed } = await run('import', '--dry-run', '--users', path)
      expect(status).toBe(0)
      expect(JSON.parse(printed).bad).toBeGreaterThan(20)
      for (const line of told.trimEnd().split('\n')) {
        expect(line).not.toMatch(CONTROLS)
        expect(line.length).toBeLessThan(700 + path.length)
        expect(line.startsWith(`${path}:`)).toBe(true)
      }
    }
  })

  it('one line that is not UTF-8 among others is one bad line', async () => {
    const id = freshIds()
    const path = file(
      'one.csv',
      Buffer.from(`id,name\n${id(1)},a\n${id(2)},é\n${id(3)},b\n${id(4)},c\n`, 'latin1'),
    )
    const { status, told, printed } = await run('import', '--users', path)
    expect([status, told]).toEqual([0, `${path}:3: the line is not UTF-8: save the file as UTF-8\n`])
    expect(JSON.parse(printed)).toMatchObject({ made_users: 3, bad: 1 })
  })

  it.each(['["x"]', '[null]', '[[]]', '[{"type":"a"},7]'])(
    'annotations %s, which hold what is no object, are a bad line, as they are in a body',
    async (annotations) => {
      const id = freshIds()
      const path = file(
        'annotations.jsonl',
        `{"id":"${id(1)}","annotations":${annotations}}\n{"id":"${id(2)}"}\n`,
      )
      const { status, told, printed } = await run('import', '--users', path)
      expect([status, told]).toEqual([
        0,
        expect.stringMatching(/:1: annotations\[[01]\] is .*: write a JSON object/),
      ])
      expect(JSON.parse(printed)).toMatchObject({ made_users: 1, bad: 1 })
    },
  )

  it('--reject does not overwrite what is imported', async () => {
    const path = file('both.csv', 'id\n1\n')
    expect((await run('import', '--users', path, '--reject', join(folder, '.', 'both.csv'))).status).toBe(2)
    expect(readFileSync(path, 'utf8')).toBe('id\n1\n')
  })

  it('a full disk is told in one sentence', async () => {
    if (!existsSync('/dev/full')) return
    const sentence = '/dev/full does not fit on the disk: make room, or name another folder.'
    const users = file('rejected.csv', 'id\nx\n')
    await expect(runImport({ users, reject: '/dev/full' })).rejects.toThrow(sentence)
    // What a long import writes for Neo4j's loader.
    expect(() => bulkLines('/dev/full', 'header').end()).toThrow(sentence)
  })
})

describe('export', () => {
  it.each([
    'users.json',
    'users.JSON',
    'users.json.gz',
    'users.xlsx',
    'users.graphml',
    'users.zip',
    'users.tsv',
    'users.parquet',
    'users.csv.zip',
    'users.jsonl.bz2',
  ])('refuses the name %s, and says which names there are', async (name) => {
    const path = join(folder, name)
    const { status, told } = await run('export', '--users', path)
    expect([status, told.startsWith(path)]).toEqual([2, true])
    expect(told).toContain('.jsonl')
    expect(() => readFileSync(path)).toThrow('ENOENT')
  })

  it('refuses one name for two files', async () => {
    const path = join(folder, 'same.csv')
    expect((await run('export', '--mutes', path, '--blocks', path)).status).toBe(2)
  })
})
