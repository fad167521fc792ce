// The newest part of a list, which is kept in memory, gives the same pages as the whole list, or says that it does not have them.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Head, type HeadRow, MAX_ROWS } from '../../src/memory/head.ts'
import type { PageRequest } from '../../src/relations/page.ts'

const row = (id: number): HeadRow => [BigInt(id), BigInt(1_000_000 + id), id % 3 === 0 ? null : BigInt(id)]
const shown = (head: Head, places: number[]): HeadRow[] =>
  places.map((place) => [head.idAt(place), head.otherAt(place), head.madeAt(place)])

/** What a read of the whole list would fetch. */
function fetched(list: HeadRow[], { before, since, count }: PageRequest): HeadRow[] {
  const range = list.filter(([id]) => id < before && id > since)
  return (count < 0 ? range : range.toReversed()).slice(0, Math.abs(count) + 1)
}

it('gives the rows of any page, and only where it has them all', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })
  const cursor = fc.integer({ min: 0, max: 65 })
  const change = fc.record({ make: fc.boolean(), which: fc.nat(50) })
  const page = fc.record({ before: cursor, since: cursor, count: fc.integer({ min: -12, max: 12 }) })
  fc.assert(
    fc.property(
      ids,
      fc.nat(62),
      fc.array(change, { maxLength: 30 }),
      page,
      (start, below, changes, asked) => {
        const list = start.sort((a, b) => a - b).map(row)
        const floor = BigInt(below)
        // A floor may lie above all ids there are.
        const head = new Head(
          list.filter(([id]) => id > floor),
          floor,
        )
        let next = 61
        for (const { make, which } of changes) {
          if (make) {
            list.push(row(next))
            head.add(row(next))
            next += 1
          } else if (list.length > 0) {
            const [gone] = list.splice(which % list.length, 1)
            head.remove((gone as HeadRow)[1])
          }
        }
        const request = { before: BigInt(asked.before) * 2n, since: BigInt(asked.since), count: asked.count }
        const places = head.places(request)
        const whole = fetched(list, request)
        if (places !== undefined) expect(shown(head, places)).toEqual(whole)
        // It says no only where rows at or below its floor may be among those asked for.
        else expect(request.since).toBeLessThan(head.floor)
        for (const [id, other] of list) expect(head.has(other)).toBe(id > head.floor)
        expect([...head.newestFirst()]).toEqual(
          list
            .filter(([id]) => id > head.floor)
            .toReversed()
            .map(([, other]) => other),
        )
      },
    ),
    { numRuns: 2_000 },
  )
})

it('joins older rows below', () => {
  const head = new Head([row(5), row(9)], 4n).extended([row(2), row(4)], 1n)
  expect(head.floor).toBe(1n)
  expect(head.isWhole).toBe(false)
  expect(shown(head, head.places({ before: 10n, since: 1n, count: 9 }) ?? [])).toEqual([9, 5, 4, 2].map(row))
  expect(head.extended([], 0n).isWhole).toBe(true)
})

it('keeps the newest rows where there are more than it may have, and knows from where on', () => {
  const head = new Head(
    Array.from({ length: MAX_ROWS }, (_, n) => row(n + 1)),
    0n,
  )
  expect([head.isWhole, head.isFull]).toEqual([true, true])
  head.add(row(MAX_ROWS + 1))
  expect([head.isWhole, head.floor, head.has(1_000_001n), head.has(1_000_002n)]).toEqual([
    false,
    1n,
    false,
    true,
  ])
  head.remove(1_000_002n)
  expect(head.floor).toBe(1n)
  expect(head.places({ before: 2n ** 63n - 1n, since: 0n, count: MAX_ROWS })).toBeUndefined()
  expect(head.places({ before: 2n ** 63n - 1n, since: 1n, count: MAX_ROWS })).toHaveLength(MAX_ROWS - 1)
})
