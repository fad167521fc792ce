// Whatever people put into their texts, and in whatever dialect of CSV a program writes it: it makes no user, and nobody is lost without a message.
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { readUsers } from '../../src/transfer/import/users-file.ts'
import { fromStdin } from '../support/from-stdin.ts'

afterEach(() => vi.restoreAllMocks())

type Writer = { delimiter: string; isRfc?: true; field(text: string): string }

const doubled = (text: string) => `"${text.replaceAll('"', '""')}"`
const escaped = (signs: RegExp) => (text: string) => text.replace(signs, '\\$&')
const quotedIf = (signs: RegExp, inside: (text: string) => string) => (text: string) =>
  signs.test(text) ? `"${inside(text)}"` : inside(text)

/** As fputcsv() writes with its default: a quote behind a backslash is left alone. */
function php(text: string): string {
  if (!/[",\\\s]/.test(text)) return text
  let [written, isBehind] = ['', false]
  for (const sign of text) {
    written += sign === '"' && !isBehind ? '""' : sign
    isBehind = sign === '\\'
  }
  return `"${written}"`
}

const copy = (text: string) =>
  text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')

const WRITERS: [name: string, writer: Writer][] = [
  ['RFC 4180', { delimiter: ',', isRfc: true, field: doubled }],
  [
    'RFC 4180 with few quotes',
    { delimiter: ',', isRfc: true, field: (text) => (/[",\r\n]/.test(text) ? doubled(text) : text) },
  ],
  ['Excel', { delimiter: '\t', isRfc: true, field: (text) => (/["\t\n]/.test(text) ? doubled(text) : text) }],
  ['MySQL, enclosed', { delimiter: ',', field: (text) => `"${escaped(/[\\"\n]/g)(text)}"` }],
  ['MySQL, optionally enclosed', { delimiter: '\t', field: quotedIf(/\D/, escaped(/[\\"\n]/g)) }],
  ['MySQL, not enclosed', { delimiter: '\t', field: escaped(/[\\\t\n]/g) }],
  ['Python', { delimiter: ',', field: quotedIf(/[,\n]/, escaped(/[\\"]/g)) }],
  ['Python 3.9', { delimiter: ',', field: quotedIf(/[,\n]/, escaped(/"/g)) }],
  ['Python without quotes', { delimiter: ',', field: escaped(/[\\",\n]/g) }],
  ['Spark', { delimiter: ',', field: quotedIf(/[",\n]/, escaped(/[\\"]/g)) }],
  ['Spark, backslashes as they are', { delimiter: ',', field: quotedIf(/[",\n]/, escaped(/"/g)) }],
  ['PHP', { delimiter: ',', field: php }],
  ['COPY of PostgreSQL', { delimiter: '\t', field: copy }],
]

const LAYOUTS = [
  ['id', 'name', 'description'],
  ['name', 'id', 'description'],
  ['name', 'id'],
  ['id', 'name'],
]
// The ids of those who are written have two digits, those in texts one.
const signs = ['"', '"', '\\', '\\', '\n', '\n', '~', ' ', 'x', '"\n', '"~', '\\"', '""']
const rows = ['7~evil~x', '7~evil', '7', 'evil~7']
const text = fc.array(fc.constantFrom(...signs, ...rows), { maxLength: 9 }).map((parts) => parts.join(''))
const file = fc.record({
  columns: fc.constantFrom(...LAYOUTS),
  people: fc.array(fc.record({ name: text, description: text }), { maxLength: 6 }),
})

test.each(WRITERS)('%s', async (_, { delimiter, isRfc, field }) => {
  await fc.assert(
    fc.asyncProperty(file, async ({ columns, people }) => {
      const fields = people.map((one, at) => {
        const values: Record<string, string> = { id: `${at + 10}`, ...one }
        return columns.map((column) => (values[column] as string).replaceAll('~', delimiter))
      })
      const written = fields.map((row) => row.map(field).join(delimiter))
      const content = [columns.join(delimiter), ...written, ''].join('\n')
      const found = await fromStdin(readUsers, content).catch((error: Error) => error.message)
      if (typeof found === 'string') {
        expect([isRfc, found]).toEqual([undefined, expect.stringMatching(/escaped by backslashes/)])
        return
      }
      const told = found.bad.flatMap(({ line, reason }) => {
        const end = Number(/ends in line (\d+)/.exec(reason)?.[1] ?? line)
        return Array.from({ length: end - line + 1 }, (_, n) => line + n)
      })
      const records = new Map(found.records.map((record) => [Number(record.id), record]))
      let line = 2
      for (const [at, row] of fields.entries()) {
        const record = records.get(at + 10)
        const end = line + (written[at] as string).split('\n').length
        expect(record !== undefined || told.some((one) => one >= line && one < end)).toBe(true)
        if (isRfc && record !== undefined)
          expect(columns.map((column) => String(record[column as 'name'] ?? ''))).toEqual(row)
        records.delete(at + 10)
        line = end
      }
      expect([...records.values()]).toEqual([])
    }),
    { numRuns: 500 },
  )
})
