// A moment must exist, wherever it comes in; files may write it as databases and frameworks do.
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { BLOCKS, FOLLOWS, MUTES } from '../../src/relations/kinds.ts'
import { readRelations } from '../../src/transfer/import/relations-file.ts'
import { readUsers } from '../../src/transfer/import/users-file.ts'
import { utcSeconds } from '../../src/users/dates.ts'
import { startTestService } from '../support/service.ts'
import { freshIds, readText, removeFiles } from './reading.ts'

afterAll(removeFiles)

const service = await startTestService()
const app = await service.appToken(['basic', 'provision'])

const NONE = [
  '2013-02-30T00:00:00Z',
  '2013-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2023-04-31T00:00:00Z',
  '2023-00-10T00:00:00Z',
  '2023-13-01T00:00:00Z',
  '2023-01-00T00:00:00Z',
  '2023-01-32T00:00:00Z',
  '2023-01-01T24:00:00Z',
  '2023-01-01T24:00:01Z',
  '2023-01-01T00:60:00Z',
  '2023-01-01T00:00:60Z',
  '2016-12-31T23:59:60Z',
  '2023-01-01T00:00:61Z',
]

describe('by PUT users/{id}', () => {
  const put = (created_at: string, id: bigint, username: string) =>
    service.call('PUT', `/users/${id}`, { token: app, json: { username, created_at } })
  const id = freshIds()
  const name = (n: number) => `d${id(n).toString(36)}`

  it.each([
    ...NONE,
    '2013-01-01 00:00:00Z',
    '2013-01-01T00:00:00+00:00',
    '2013-01-01T00:00:00.5Z',
    '2013-01-01',
    'soon',
    '',
  ])('%j is a 400 that names the field, and nobody is made', async (written) => {
    const answer = await put(written, id(1), name(1))
    expect(answer.status).toBe(400)
    expect(answer.body.meta.error_message).toContain('created_at')
    expect((await service.call('GET', `/users/${id(1)}`)).status).toBe(404)
  })

  it.each([
    '2012-12-31T13:22:55Z',
    '2024-02-29T23:59:59Z',
    '2000-02-29T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '0099-12-31T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '9999-12-31T23:59:59Z',
  ])('%s is shown as it was sent', async (written) => {
    const one = await put(written, id(2), name(2))
    expect([one.status, one.body.data.created_at]).toEqual([200, written])
    expect((await service.call('GET', `/users/${id(2)}`)).body.data.created_at).toBe(written)
    await service.call('DELETE', `/users/${id(2)}`, { token: app })
  })
})

describe('in files', () => {
  it.each<[written: string, moment: string]>([
    ['2024-05-01 12:00:00+00', '2024-05-01T12:00:00Z'],
    ['2024-05-01 12:00:00+02', '2024-05-01T10:00:00Z'],
    ['2024-05-01 12:00:00-02', '2024-05-01T14:00:00Z'],
    ['2024-05-01 12:00:00+02:00', '2024-05-01T10:00:00Z'],
    ['2024-05-01 12:00:00+0530', '2024-05-01T06:30:00Z'],
    ['2024-05-01 12:00:00 UTC', '2024-05-01T12:00:00Z'],
    ['2024-05-01 12:00:00 utc', '2024-05-01T12:00:00Z'],
    ['2024-05-01 12:00:00 +0200', '2024-05-01T10:00:00Z'],
    ['2024-05-01 12:00:00.123456+00', '2024-05-01T12:00:00Z'],
    ['2024-05-01 12:00:00.9 UTC', '2024-05-01T12:00:00Z'],
    [`2024-05-01T12:00:00.${'9'.repeat(40)}Z`, '2024-05-01T12:00:00Z'],
    ['1969-12-31 23:59:59.999999+00', '1969-12-31T23:59:59Z'],
    ['1880-01-01 00:00:00+00:53:28', '1879-12-31T23:06:32Z'],
    ['2024-02-29 23:30:00-01', '2024-03-01T00:30:00Z'],
    ['2024-05-01', '2024-05-01T00:00:00Z'],
    ['2024-05-01 12:00', '2024-05-01T12:00:00Z'],
    ['  2024-05-01T12:00:00Z ', '2024-05-01T12:00:00Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
  ])('%j is %s', async (written, moment) => {
    for (const text of [`id,created_at\n7,"${written}"\n`, JSON.stringify({ id: '7', created_at: written })])
      expect(await readText(readUsers, text)).toMatchObject({
        records: [{ id: 7n, created_at: moment }],
        bad: [],
      })
  })

  const columns = [FOLLOWS, MUTES, BLOCKS].map((kind) => ({
    column: kind.at as string,
    read: (text: string) => readText((path, on) => readRelations(path, kind, on), text),
    row: (date: string) => `${kind.from},${kind.to},${kind.at}\n1,2,2012-12-31T13:22:55Z\n1,3,${date}\n`,
  }))
  columns.push({
    column: 'created_at',
    read: (text) => readText(readUsers as never, text),
    row: (date) => `id,name,created_at\n1,a,2012-12-31T13:22:55Z\n2,b,${date}\n`,
  })
  it.each(columns)(
    'what does not exist in $column is one bad line that names it',
    async ({ column, read, row }) => {
      for (const date of [
        ...NONE,
        '2013-02-30',
        '2024-05-01 12:00:00+24',
        '2024-05-01 12:00:00+02:60',
        '2024-05-01 25:00:00 UTC',
        '0000-01-01 00:30:00+01',
        '9999-12-31 23:30:00-01',
        '10000-01-01',
        'infinity',
        '1714564800',
        '2024-5-1',
        '01.05.2024',
        '2024-05-01\u2028T12:00:00Z',
        '２０２４-05-01',
      ]) {
        const { records, bad } = await read(row(date))
        expect([date, records.length, bad.length]).toEqual([date, 1, 1])
        expect(bad[0]).toMatchObject({
          line: 3,
          reason: expect.stringContaining(`${column} is "${date.slice(0, 8)}`),
        })
        expect(bad[0]?.reason).not.toMatch(/\u2028/)
      }
    },
  )

  it('every moment is taken in every form, and no day that is not in the calendar', () => {
    const when = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9998-12-31T00:00:00Z'),
      noInvalidDate: true,
    })
    const zone = fc.integer({ min: -14 * 60, max: 14 * 60 })
    fc.assert(
      fc.property(
        when,
        zone,
        fc.constantFrom('T', ' '),
        fc.constantFrom('', '.5', '.123456789'),
        (moment, minutes, between, fraction) => {
          const two = (n: number) => String(Math.abs(n)).padStart(2, '0')
          const local = new Date(moment.getTime() + minutes * 60_000).toISOString()
          const sign = minutes < 0 ? '-' : '+'
          const text = `${local.slice(0, 10)}${between}${local.slice(11, 19)}${fraction}${sign}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`
          expect(utcSeconds(text)).toBe(`${moment.toISOString().slice(0, 19)}Z`)
        },
      ),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        (year, month, day) => {
          const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
          const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
          const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
          expect(utcSeconds(text)).toBe(day >= 1 && day <= days ? `${text}T00:00:00Z` : undefined)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
