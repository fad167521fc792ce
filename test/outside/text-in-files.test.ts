// Text that is no text, and depth without end, cost one line of a file each, in whatever column; the rest goes in.
import { afterAll, describe, expect, it } from 'vitest'
import { readUsers } from '../../src/transfer/import/users-file.ts'
import { readFollows } from '../support/follows-file.ts'
import { startTestService } from '../support/service.ts'
import { fileOf, freshIds, readText, removeFiles, runImport } from './reading.ts'

afterAll(removeFiles)

const service = await startTestService()
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`

const COLUMNS = [
  'username',
  'name',
  'description',
  'timezone',
  'locale',
  'verified_domain',
  'type',
  'bot',
  'created_at',
  'avatar_image',
  'avatar_image_url',
  'annotations',
]
const HALF = ['\\ud83d', 'a\\udc00b', '\\ud83d\\ud83d\\ude00']

describe('U+0000 and half of a surrogate pair', () => {
  it.each(COLUMNS)('in %s of JSON lines', async (column) => {
    for (const text of ['a\\u0000b', '\\u0000', ...HALF]) {
      const values = {
        avatar_image: [`{"url":"https://x.example/${text}","width":1,"height":1}`],
        annotations: [
          `[{"a":"${text}"}]`,
          `[{"${text}":1}]`,
          `[{"a":[[{"b":{"c":"${text}"}}]]}]`,
          `[{"a":["${text}"]}]`,
        ],
      }[column] ?? [`"${text}"`, ...(column === 'description' ? [`{"text":"${text}"}`] : [])]
      if (column === 'avatar_image_url')
        values[0] = `"https://x.example/${text}","avatar_image_width":1,"avatar_image_height":1`
      for (const value of values) {
        const lines = `{"id":"1"}\n{"id":"2","${column}":${value}}\n{"id":"3"}\n`
        const { records, bad } = await readText(readUsers, lines)
        expect([value, records]).toEqual([value, [{ id: 1n }, { id: 3n }]])
        expect(bad).toMatchObject([{ line: 2, reason: expect.stringContaining(column.replace('_url', '')) }])
      }
    }
  })

  it.each(COLUMNS)('in %s of CSV, as it stands and in JSON', async (column) => {
    const values = {
      avatar_image: [
        '{"url":"https://x.example/\\u0000","width":1,"height":1}',
        '{"url":"https://x.example/\\ud83d","width":1,"height":1}',
      ],
      annotations: ['[{"a":"\\u0000"}]', '[{"a\\ud83d":1}]', '[{"a":"\0"}]'],
    }[column] ?? ['a\0b', '\0']
    for (const value of values) {
      const text = `id,${column}\n1,\n2,${quoted(value)}\n3,\n`
      const { records, bad } = await readText(readUsers, text)
      expect([value, records]).toEqual([value, [{ id: 1n }, { id: 3n }]])
      expect(bad).toMatchObject([{ line: 3, reason: expect.stringContaining(column.replace('_url', '')) }])
    }
  })

  it('in UTF-8 bytes of half a pair, and in ids and dates', async () => {
    const bytes = Buffer.from('id,name\n1,é\n2,a###b\n3,c\n')
    bytes.set([0xed, 0xa0, 0xbd], bytes.indexOf('###'))
    expect(await readText(readUsers, bytes)).toMatchObject({ records: [{ id: 1n }, { id: 3n }], lines: [3] })
    const rows =
      'follower_id,followee_id,followed_at,id\n1,2\0,,\n1\0,2,,\n1,2,2013-01-01\0,\n1,2,,7\0\n3,4,,\n'
    const { records, lines } = await readText(readFollows, rows)
    expect([records, lines]).toEqual([[{ follower_id: 3n, followee_id: 4n }], [2, 3, 4, 5]])
  })

  it('all other characters stay, at the API too', async () => {
    const id = freshIds()
    const name = '\u0001\u001f\u007f\u0085\u2028\u202e\ufeff👩‍👧 \ufffd\ud7ff\ue000'
    const users = fileOf(`${JSON.stringify({ id: String(id(1)), name, annotations: [{ [name]: name }] })}\n`)
    expect((await runImport({ users })).counts).toMatchObject({ users: 1, bad: 0 })
    const { body } = await service.call('GET', `/users/${id(1)}?include_annotations=1`)
    expect([body.data.name, body.data.annotations]).toEqual([name, [{ [name]: name }]])
  })
})

describe('depth', () => {
  const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  const objects = (levels: number) => `[${'{"a":'.repeat(levels - 1)}1${'}'.repeat(levels - 1)}]`

  it('of 64 levels is taken, of more it is one bad line, in either format', async () => {
    const mixed = (levels: number) => (levels < 3 ? objects(levels) : `[{"v":${lists(levels - 2)}}]`)
    for (const nested of [mixed, objects])
      for (const [levels, good] of [
        [1, 1],
        [63, 1],
        [64, 1],
        [65, 0],
        [66, 0],
        [30_000, 0],
        [1_000_000, 0],
      ] as const) {
        const value = levels === 1 ? '[]' : nested(levels)
        for (const text of [
          `{"id":"1"}\n{"id":"2","annotations":${value}}\n{"id":"3"}\n`,
          `id,annotations\n1,\n2,${quoted(value)}\n3,\n`,
        ]) {
          const { records, bad } = await readText(readUsers, text)
          expect([levels, records.map(({ id }) => id)]).toEqual([
            levels,
            good === 1 ? [1n, 2n, 3n] : [1n, 3n],
          ])
          for (const one of bad)
            expect(one).toMatchObject({
              line: text.startsWith('{') ? 2 : 3,
              reason: expect.stringMatching(/64 levels/),
            })
        }
      }
  })

  it.each(['name', 'description', 'id', 'avatar_image', 'type', 'created_at', 'bot', 'unknown'])(
    'without end in %s is one bad line',
    async (column) => {
      for (const value of [lists(30_000), `{"text":${lists(30_000)}}`]) {
        const text = `{"id":"1"}\n{"id":"2","${column}":${value}}\n{"id":"3"}\n${value}\n{"id":"4"}\n`
        const { records, lines } = await readText(readUsers, text)
        expect([records.map(({ id }) => id), lines]).toEqual([
          [1n, 3n, 4n],
          [2, 4],
        ])
      }
    },
  )

  it('costs the import one line, and the others are there', async () => {
    const id = freshIds()
    const users = fileOf(
      `{"id":"${id(1)}"}\n{"id":"${id(2)}","annotations":${lists(30_000)}}\n{"id":"${id(3)}"}\n`,
    )
    const { status, counts, told } = await runImport({ users })
    expect([status, counts.users, counts.bad]).toEqual([0, 2, 1])
    expect(told).toMatch(/:2: .*64 levels/)
    expect((await service.call('GET', `/users/${id(3)}`)).status).toBe(200)
  })
})
