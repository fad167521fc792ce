// What Neo4j's bookmarks say, and that nothing is read out of what is written in another way.
import { expect, it } from 'vitest'
import { readBookmark } from '../../src/graph/bookmark.ts'

/** A bookmark as Neo4j writes it (test/memory/changes.test.ts reads real ones). */
function bookmark(id: number, database = 7): string {
  const head = Buffer.from([0x91, 0xcc, 0x10, ...new Array(16).fill(database)])
  const number = id < 128 ? Buffer.from([id]) : Buffer.from([0xca, 0, 0, 0, 0])
  if (id >= 128) number.writeInt32BE(id, 1)
  return `FB:${Buffer.concat([head, number, Buffer.from([0x90])]).toString('base64')}`
}

it('names a database and its newest transaction', () => {
  for (const id of [1, 127, 128, 40_000, 2 ** 31 - 1]) {
    const text = bookmark(id)
    expect(readBookmark(text)).toMatchObject({ transaction: BigInt(id), text })
  }
  expect(readBookmark(bookmark(5))?.database).toBe(readBookmark(bookmark(6))?.database)
  expect(readBookmark(bookmark(5))?.database).not.toBe(readBookmark(bookmark(5, 8))?.database)
})

it('is not read where it is written in another way', () => {
  const whole = bookmark(1_000)
  const bytes = Buffer.from(whole.slice(3), 'base64')
  const other = [
    'neo4j:bookmark:v1:tx17',
    'FB:',
    whole.replace('FB:kc', 'FB:ks'),
    `FB:${Buffer.concat([bytes.subarray(0, -1), Buffer.from([0x91])]).toString('base64')}`,
    `FB:${bytes.subarray(0, 19).toString('base64')}`,
    // Bookmarks of two databases in one.
    `FB:${Buffer.concat([bytes, bytes]).toString('base64')}`,
  ]
  for (const text of other) expect(readBookmark(text), text).toBeNull()
})
