// The set of keys in typed arrays, beside a Map that does the same.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTable } from '../../src/transfer/import/table.ts'

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
