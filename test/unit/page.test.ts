// The arithmetic of cursors against a plain filter of an array.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fetchLimit,
  MAX_CURSOR,
  oldestFirst,
  type PageRequest,
  pageLinks,
  pageMeta,
  pageOf,
} from '../../src/relations/page.ts'

const id = fc.bigInt({ min: 1n, max: MAX_CURSOR - 1n })
const near = fc.bigInt({ min: 1n, max: 30n })
const rowsOf = (one: fc.Arbitrary<bigint>) =>
  fc.uniqueArray(one, { maxLength: 25 }).map((ids) => ids.sort((a, b) => (a < b ? 1 : -1)))
const requestOf = (one: fc.Arbitrary<bigint>): fc.Arbitrary<PageRequest> =>
  fc.record({
    before: fc.oneof(fc.constant(MAX_CURSOR), fc.constant(0n), one),
    since: fc.oneof(fc.constant(0n), fc.constant(MAX_CURSOR), one),
    count: fc.integer({ min: -12, max: 12 }),
  })

// What the database does: the rows within the bounds, from one end, at most as many as asked for.
const fetchRows = (all: bigint[], request: PageRequest): bigint[] => {
  const range = all.filter((row) => row < request.before && row > request.since)
  return (oldestFirst(request) ? range.reverse() : range).slice(0, fetchLimit(request))
}

describe.each([
  ['64-bit ids', id],
  ['close ids', near],
] as const)('a page of %s', (_, one) => {
  it('is the newest or the oldest of the range, newest first, and more is exact', () => {
    fc.assert(
      fc.property(rowsOf(one), requestOf(one), (all, request) => {
        const range = all.filter((row) => row < request.before && row > request.since)
        const model = request.count < 0 ? range.slice(request.count) : range.slice(0, request.count)
        const page = pageOf(request, fetchRows(all, request))
        expect(page.rows).toEqual(model)
        expect(page.more).toBe(range.length > model.length)
        expect(pageMeta(page.rows, page.more)).toEqual(
          model.length === 0
            ? { more: page.more }
            : { max_id: String(model[0]), min_id: String(model.at(-1)), more: page.more },
        )
      }),
      { numRuns: 500 },
    )
  })

  it('links to next only where the range has an older row, to prev wherever there is a row', () => {
    fc.assert(
      fc.property(rowsOf(one), requestOf(one), (all, request) => {
        const { rows, more } = pageOf(request, fetchRows(all, request))
        const link = pageLinks(
          request,
          rows,
          more,
          new URLSearchParams('since_id=1&before_id=9&access_token=T&a=b'),
        )
        const older =
          rows.length > 0 &&
          all.some((row) => row > request.since && row < request.before && row < (rows.at(-1) as bigint))
        expect(link?.includes('rel="next"') ?? false).toBe(older)
        expect(link?.includes('rel="prev"') ?? false).toBe(rows.length > 0)
        expect(link ?? '').not.toContain('access_token')
      }),
      { numRuns: 500 },
    )
  })

  it('followed by its links shows every row once, from both ends', () => {
    fc.assert(
      fc.property(rowsOf(one), fc.integer({ min: 1, max: 7 }), (all, size) => {
        const walk = (rel: string, start: PageRequest) => {
          const pages: bigint[][] = []
          for (let request: PageRequest | null = start; request !== null && pages.length < 40; ) {
            const query = new URLSearchParams({
              since_id: String(request.since),
              before_id: String(request.before),
              count: String(request.count),
            })
            const { rows, more }: { rows: bigint[]; more: boolean } = pageOf(request, fetchRows(all, request))
            pages.push(rows)
            const target: string | undefined = pageLinks(request, rows, more, query)?.match(
              new RegExp(`<([^>]*)>; rel="${rel}"`),
            )?.[1]
            const params: URLSearchParams | null =
              target === undefined ? null : new URL(target, 'http://x').searchParams
            request =
              params === null
                ? null
                : {
                    before: BigInt(params.get('before_id') ?? MAX_CURSOR),
                    since: BigInt(params.get('since_id') ?? 0),
                    count: Number(params.get('count')),
                  }
          }
          return pages
        }
        expect(walk('next', { before: MAX_CURSOR, since: 0n, count: size }).flat()).toEqual(all)
        expect(walk('prev', { before: MAX_CURSOR, since: 0n, count: -size }).reverse().flat()).toEqual(all)
      }),
      { numRuns: 200 },
    )
  })
})

it('writes digits beyond 2^53 as they are', () => {
  const big = 2n ** 63n - 2n
  expect(pageMeta([big], false)).toEqual({
    max_id: '9223372036854775806',
    min_id: '9223372036854775806',
    more: false,
  })
  expect(pageLinks({ before: MAX_CURSOR, since: 0n, count: 1 }, [big], true, new URLSearchParams())).toBe(
    '<?before_id=9223372036854775806&count=1>; rel="next", <?since_id=9223372036854775806&count=-1>; rel="prev"',
  )
})
