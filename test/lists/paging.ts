// Tests of the rules of paging (docs/api.md) that hold for every list: order, cursors, counts, `more` and links.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Answered } from '../support/service.ts'
import { cursorsOf, idsOf, links, type OneList } from './one-list.ts'

const MAX = 2n ** 63n - 1n
/** Where a link leads from a path. */
const behind = (path: string, link: string | undefined): string | undefined =>
  link === undefined ? undefined : new URL(link, `http://x${path}`).href.slice('http://x'.length)

export function pagingTests(list: OneList): void {
  const { service, page, pathOf } = list

  it('lists the newest relationship first, each item with its own pagination_id', async () => {
    const answer = await page()
    expect(answer.status).toBe(200)
    expect(idsOf(answer)).toEqual(list.expected)
    expect(new Set(list.cursors).size).toBe(10)
    const numbers = list.cursors.map(BigInt)
    expect([...numbers].sort((a, b) => (a < b ? 1 : -1))).toEqual(numbers)
    expect(list.cursors.every((cursor) => !list.expected.includes(cursor))).toBe(true)
    expect(answer.body.meta).toEqual({
      ...answer.body.meta,
      code: 200,
      max_id: list.cursors[0],
      min_id: list.cursors[9],
      more: false,
    })
  })

  it('gives each item the date of its relationship', async () => {
    const answer = await page()
    for (const user of answer.body.data) {
      expect(user[list.at]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect(Math.abs(Date.parse(user[list.at]) - Date.now())).toBeLessThan(120_000)
    }
  })

  it('gives 8, 7 for count=2 and 4, 3 for count=-2 between 9 and 2, both exclusive', async () => {
    const item = (n: number) => 10 - n
    const range = `before_id=${list.cursors[item(9)]}&since_id=${list.cursors[item(2)]}`
    const newest = await page(`${range}&count=2`)
    expect(idsOf(newest)).toEqual([list.expected[item(8)], list.expected[item(7)]])
    expect(newest.body.meta).toMatchObject({
      max_id: list.cursors[item(8)],
      min_id: list.cursors[item(7)],
      more: true,
    })
    const oldest = await page(`${range}&count=-2`)
    expect(idsOf(oldest)).toEqual([list.expected[item(4)], list.expected[item(3)]])
    expect(oldest.body.meta).toMatchObject({
      max_id: list.cursors[item(4)],
      min_id: list.cursors[item(3)],
      more: true,
    })
    expect(links(oldest).next).toBeUndefined()
  })

  it('agrees with a plain filter for any bounds and any count: rows, meta, more and links', async () => {
    const all = list.cursors.map(BigInt)
    const around = [...new Set(all.flatMap((id) => [id - 1n, id, id + 1n]).concat(0n, MAX))]
    const bound = fc.option(fc.constantFrom(...around), { nil: undefined })
    const count = fc.option(fc.integer({ min: -12, max: 12 }), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(bound, bound, count, async (before, since, size) => {
        const query = new URLSearchParams()
        if (before !== undefined) query.set('before_id', String(before))
        if (since !== undefined) query.set('since_id', String(since))
        if (size !== undefined) query.set('count', String(size))
        const range = all.filter((id) => id < (before ?? MAX) && id > (since ?? 0n))
        const wanted = size ?? 20
        const rows = wanted < 0 ? range.slice(wanted) : range.slice(0, wanted)
        const answer = await page(String(query))
        expect(cursorsOf(answer)).toEqual(rows.map(String))
        const meta = answer.body.meta
        expect(meta.more).toBe(range.length > rows.length)
        expect(meta.max_id).toBe(rows.length === 0 ? undefined : String(rows[0]))
        expect(meta.min_id).toBe(rows.length === 0 ? undefined : String(rows[rows.length - 1]))
        const { next, prev } = links(answer)
        expect(prev !== undefined).toBe(rows.length > 0)
        const older = rows.length > 0 && range.some((id) => id < (rows[rows.length - 1] as bigint))
        expect(next !== undefined).toBe(older)
        if (next !== undefined) {
          const params = new URL(next, 'http://x').searchParams
          expect([params.get('before_id'), params.get('since_id'), params.get('count')]).toEqual([
            meta.min_id,
            since === undefined ? null : String(since),
            String(Math.abs(wanted)),
          ])
        }
        if (prev !== undefined) {
          const params = new URL(prev, 'http://x').searchParams
          expect([params.get('before_id'), params.get('since_id'), params.get('count')]).toEqual([
            null,
            meta.max_id,
            String(-Math.abs(wanted)),
          ])
        }
      }),
      {
        numRuns: 60,
        examples: [
          [undefined, undefined, 0],
          [undefined, undefined, 10],
          [undefined, undefined, -10],
          [undefined, undefined, 9],
        ],
      },
    )
  })

  it('answers count=0 with an empty page; its more is true if the range has any row', async () => {
    const any = await page('count=0')
    expect(any.body).toEqual({ data: [], meta: { ...any.body.meta, code: 200, more: true } })
    expect(any.body.meta).not.toHaveProperty('max_id')
    expect(any.body.meta).not.toHaveProperty('min_id')
    expect(any.headers.get('link')).toBeNull()
    const none = await page(`count=0&since_id=${list.cursors[0]}`)
    expect(none.body.meta.more).toBe(false)
  })

  it.each([
    'count=201',
    'count=-201',
    'count=2.5',
    'count=',
    'count=ten',
    'count=1&count=2',
    'before_id=-1',
    'before_id=9223372036854775808',
    'before_id=x',
    'before_id=',
    'since_id=-1',
    'since_id=9223372036854775808',
    'since_id=1e3',
    'include_html=2',
    'include_annotations=yes',
    'include_user_annotations=',
  ])('refuses %s with a 400 that names the parameter', async (query) => {
    const answer = await page(query)
    expect(answer.status).toBe(400)
    expect(answer.body.meta.error_message).toMatch(/^Bad Request: /)
    expect(answer.body.meta.error_message).toContain(query.split('=')[0])
    expect(answer.body).not.toHaveProperty('data')
  })

  it('accepts count=200, count=-200 and bounds of 0 and 2^63-1', async () => {
    expect(idsOf(await page(`count=200&since_id=0&before_id=${MAX}`))).toEqual(list.expected)
    expect(idsOf(await page('count=-200'))).toEqual(list.expected)
    expect(idsOf(await page('before_id=0'))).toEqual([])
    expect(idsOf(await page(`since_id=${MAX}`))).toEqual([])
  })

  async function readBy(rel: 'next' | 'prev', count: number): Promise<string[][]> {
    const pages: string[][] = []
    for (let path: string | undefined = `${pathOf(list.owner.id)}?count=${count}`; path !== undefined; ) {
      const answer: Answered = await service.call('GET', path, { token: list.reader.token })
      expect(answer.status).toBe(200)
      pages.push(idsOf(answer))
      path = behind(path, links(answer)[rel])
    }
    return pages
  }

  it('can be read completely from newest to oldest by rel="next"', async () => {
    expect((await readBy('next', 3)).flat()).toEqual(list.expected)
  })

  it('can be read completely from oldest to newest by rel="prev"', async () => {
    expect((await readBy('prev', -3)).reverse().flat()).toEqual(list.expected)
  })

  it('has relative links that keep other parameters and never contain the token', async () => {
    const path = `${pathOf(list.owner.id)}?access_token=${list.reader.token}&count=4&include_html=0&note=a%26b&include_delete=0`
    const answer = await service.call('GET', path)
    const { next, prev } = links(answer)
    for (const target of [next, prev]) {
      expect(target).toMatch(/^\?/)
      const url = new URL(target as string, `http://x${path}`)
      expect(url.pathname).toBe(pathOf(list.owner.id))
      expect(url.searchParams.get('access_token')).toBeNull()
      expect(target).not.toContain(list.reader.token)
      expect(url.searchParams.get('note')).toBe('a&b')
      expect(url.searchParams.get('include_html')).toBe('0')
      expect(url.searchParams.get('include_delete')).toBe('0')
    }
  })

  it('answers an empty list as a page', async () => {
    const nobody = await service.user()
    const token = list.isOwn ? nobody.token : list.reader.token
    for (const query of ['', 'count=-5', 'count=0', 'since_id=5&before_id=3']) {
      const answer = await service.call('GET', `${pathOf(nobody.id)}?${query}`, { token })
      expect(answer.status).toBe(200)
      expect(answer.body.data).toEqual([])
      expect(answer.body.meta).toEqual({ ...answer.body.meta, code: 200, more: false })
      expect(answer.body.meta).not.toHaveProperty('max_id')
      expect(answer.headers.get('link')).toBeNull()
    }
  })

  it('has full pages of 200 of a longer list, with the right more', async () => {
    const long = await service.user()
    const viewer = list.isOwn ? long : await service.user()
    const ids = await list.fixture(service, long, 202, viewer)
    const get = (query: string) => service.call('GET', `${pathOf(long.id)}?${query}`, { token: viewer.token })
    const first = await get('count=200')
    expect(idsOf(first)).toEqual(ids.slice(0, 200))
    expect(first.body.meta.more).toBe(true)
    const oldest = await get('count=-200')
    expect(idsOf(oldest)).toEqual(ids.slice(2))
    expect(oldest.body.meta.more).toBe(true)
    const usual = await get('')
    expect(idsOf(usual)).toEqual(ids.slice(0, 20))
    expect(usual.body.meta.more).toBe(true)
    const whole = await get(`count=200&before_id=${cursorsOf(first)[1]}`)
    expect(idsOf(whole)).toEqual(ids.slice(2))
    expect(whole.body.meta.more).toBe(false)
  }, 60_000)
}
