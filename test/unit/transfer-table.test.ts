// The tables and sets in typed arrays, beside a Map and a Set that do the same.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdSet } from '../../src/transfer/id-set.ts'
import { createTable } from '../../src/transfer/table.ts'

it('has what a Map has, whatever comes in whatever order, through every growth', () => {
  // Few values for the words: keys that share words, and keys again, come often; thousands of keys make it grow.
  const word = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 0xffff_ffff }))
  const keys = fc.array(fc.tuple(word, word, fc.integer({ min: 0, max: 0xffff_ffff })), {
    maxLength: 9_000,
    size: 'max',
  })
  fc.assert(
    fc.property(keys, (all) => {
      const table = createTable(2, 1, 1_000_000)
      const map = new Map<string, number>()
      for (const [a, b, other] of all) {
        if (a === 0 && b === 0) continue
        const key = `${a},${b}`
        table.entry.set([a, b, other])
        expect(table.add()).toBe(!map.has(key))
        if (!map.has(key)) map.set(key, other)
      }
      expect(table.size).toBe(map.size)
      for (const [key, other] of map) {
        table.entry.set([...key.split(',').map(Number), 0])
        expect(table.find()).toBe(true)
        expect(table.entry[2]).toBe(other)
      }
      table.entry.set([0xffff_fffe, 0, 0])
      expect(table.find()).toBe(map.has('4294967294,0'))
    }),
    { numRuns: 20 },
  )
})

it('put adds or replaces, through every growth', () => {
  const table = createTable(1, 1, 1_000_000)
  for (const value of [7, 8])
    for (let key = 1; key <= 10_000; key += 1) {
      table.entry.set([key, key * value])
      table.put()
    }
  expect(table.size).toBe(10_000)
  for (let key = 1; key <= 10_000; key += 1) {
    table.entry.set([key, 0])
    expect([table.find(), table.entry[1]]).toEqual([true, key * 8])
  }
})

it('says when there is no room', () => {
  const table = createTable(1, 0, 3)
  for (const key of [1, 2, 3]) {
    expect(table.room(1)).toBe(true)
    table.entry[0] = key
    table.add()
  }
  expect(table.room(1)).toBe(false)
  expect(table.room(0)).toBe(true)
})

describe('the set of ids', () => {
  it('has what a Set has, whatever comes in whatever order', () => {
    const near = fc.bigInt(-70n, 300n)
    const far = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)
    fc.assert(
      fc.property(fc.array(fc.oneof(near, far), { maxLength: 2_000, size: 'max' }), (all) => {
        const [ids, expected] = [createIdSet(), new Set<bigint>()]
        for (const id of all) {
          expect(ids.add(id)).toBe(!expected.has(id))
          expected.add(id)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('takes little memory for ids without neighbours', () => {
    const ids = createIdSet()
    const before = process.memoryUsage().arrayBuffers
    for (let n = 1n; n <= 20_000n; n += 1n) expect(ids.add(n << 30n)).toBe(true)
    // The table that it has outgrown may still be counted.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 20_000)
    for (let n = 1n; n <= 20_000n; n += 1n) expect(ids.add(n << 30n)).toBe(false)
  })
})
