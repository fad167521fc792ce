// Transfer files as text: broken lines, CSV as others read it, standard output, and the progress that a person sees.
import { PassThrough } from 'node:stream'
import { text as wholeText } from 'node:stream/consumers'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { readRecords } from '../../src/transfer/import/records.ts'
import { readUsers } from '../../src/transfer/import/users-file.ts'
import { progressBar, progressLine } from '../../src/transfer/progress.ts'
import { type FollowRecord, writeFollows } from '../support/follows-file.ts'
import { fromStdin } from '../support/from-stdin.ts'

afterEach(() => vi.restoreAllMocks())

test('broken JSON lines cost only themselves', async () => {
  const { records, bad } = await fromStdin(
    readUsers,
    '{"id":1}\n{"id":2\n[3]\n4\nnull\n{"name":"x"}\n{"id":5}',
  )
  expect(records.map((one) => one.id)).toEqual([1n, 5n])
  expect(bad.map((one) => [one.line, one.reason.replace(/ \(.*\)/, '')])).toEqual([
    [2, 'the line is not JSON: write one object a line'],
    [3, 'the line is JSON but not an object: write one object a line'],
    [4, 'the line is JSON but not an object: write one object a line'],
    [5, 'the line is JSON but not an object: write one object a line'],
    [6, 'id is missing: write it'],
  ])
})

test('what csv-parse takes as RFC 4180, we read the same', async () => {
  const inside = fc.array(fc.constantFrom('"', '""', ',', 'a', 'b ', '\n', '\r\n', 'é'), { maxLength: 6 })
  const quoted = inside.map((parts) => `"${parts.join('')}"`)
  const bare = fc.constantFrom('', 'a', ' b', '7', 'é')
  const rows = fc.array(fc.tuple(fc.oneof(quoted, bare), fc.oneof(quoted, bare)), {
    minLength: 1,
    maxLength: 5,
  })
  const kind = { columns: ['a', 'b'], required: [], ids: [], convert: (row: object) => row }
  let agreed = 0
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom('\n', '\r\n'), async (written, lineBreak) => {
      const content = ['a,b', ...written.map((row) => row.join(','))]
        .join('\n')
        .replaceAll(/\r?\n/g, lineBreak)
      let parsed: string[][]
      try {
        parsed = parse(content, { record_delimiter: lineBreak })
      } catch {
        return
      }
      agreed += 1
      const expected = parsed
        .slice(1)
        // A row without any text is a blank line.
        .filter((cells) => cells.some((cell) => cell.trim() !== ''))
        .map(([a, b]) => ({ ...(a && { a }), ...(b && { b }) }))
      const read = await fromStdin((path, on) => readRecords(path, kind, on), content)
      expect(read).toEqual({ records: expected, bad: [] })
    }),
    { numRuns: 3_000 },
  )
  expect(agreed).toBeGreaterThan(600)
})

test('`-` writes CSV to stdout and leaves it open', async () => {
  const stdout = new PassThrough()
  vi.spyOn(process, 'stdout', 'get').mockReturnValue(stdout as never)
  async function* follows(): AsyncGenerator<FollowRecord[]> {
    yield [{ follower_id: 1n, followee_id: 2n, followed_at: '2012-12-31T13:22:55Z' }]
  }
  await writeFollows('-', follows())
  stdout.end('later')
  expect(await wholeText(stdout)).toBe(
    'follower_id,followee_id,followed_at,id\n1,2,2012-12-31T13:22:55Z,\nlater',
  )
})

describe('progress', () => {
  const at = (value: number, total: number, note?: string, maxWidth = 200) =>
    progressLine('follows', { value, total, startTime: 1_000, maxWidth }, note, 11_000)

  test('shows share, rate, time left and the note', () => {
    expect(at(500, 2_000, '7 bad')).toBe(
      'follows  [========                      ]  25 %  50/s  0:30 left  7 bad',
    )
    expect(at(2_000_000, 2_000_000)).toMatch(/100 % {2}200K\/s {2}0:10 spent$/)
    expect(at(1, 1_000)).toMatch('2:46:30 left')
  })

  test('counts where the total is unknown, starts without a guess, and keeps to the terminal', () => {
    expect(at(1_500_000, 0)).toBe('follows  1.5M  150K/s  0:10 spent')
    expect(at(0, 10)).toMatch(/0 % {2}0\/s$/)
    expect(at(500, 2_000, 'note', 20)).toHaveLength(20)
  })

  test('is silent without a terminal', () => {
    const write = vi.spyOn(process.stderr, 'write')
    const bar = progressBar('follows', { total: 10, stderrIsTty: false })
    bar.update(5, 'half')
    bar.stop()
    expect(write).not.toHaveBeenCalled()
  })
})
