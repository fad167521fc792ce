// Whether somebody else has committed is told from the ids of transactions alone: each order in which answers and our own writes may come.
import { expect, it } from 'vitest'
import { createStanding, type Standing } from '../../src/graph/standing.ts'

/** A bookmark as Neo4j writes it (test/faults/standing.test.ts reads real ones). */
function bookmark(id: number, database = 7): string {
  const head = Buffer.from([0x91, 0xcc, 0x10, ...new Array(16).fill(database)])
  const number = id < 128 ? Buffer.from([id]) : Buffer.from([0xca, 0, 0, 0, 0])
  if (id >= 128) number.writeInt32BE(id, 1)
  return `FB:${Buffer.concat([head, number, Buffer.from([0x90])]).toString('base64')}`
}

const told = (standing: Standing, id: number, database?: number) =>
  standing.answered(bookmark(id, database), standing.sent())

function known(id = 1_000): Standing {
  const standing = createStanding()
  told(standing, id)
  expect(standing.bookmark).toBe(bookmark(id))
  return standing
}

/** Whether it is settled by now. */
const settled = (standing: Standing) => standing.settled(1)

it('stays while nobody commits, and goes with a transaction of others', () => {
  const standing = known()
  const { age } = standing
  told(standing, 1_000)
  expect(standing.age).toBe(age)
  told(standing, 1_001)
  expect([standing.age, standing.bookmark]).toEqual([age + 1, bookmark(1_001)])
})

it('stays with a transaction of ours, which is waited for where it is heard of before it is answered', async () => {
  const standing = known(126)
  const { age } = standing
  for (let id = 127; id < 131; id += 1) {
    const over = standing.writing()
    expect(await settled(standing)).toBe(true)
    told(standing, id)
    expect(await settled(standing)).toBe(false)
    const waiting = standing.settled(10_000)
    over(true)
    expect(await waiting).toBe(true)
    expect([standing.age, standing.bookmark]).toEqual([age, bookmark(id)])
  }
})

it('goes where others committed beside ours, in whatever order they are heard of', () => {
  for (const heard of [[1_002], [1_001, 1_002], [1_002, 1_003], [1_001, 1_003]]) {
    const standing = known()
    const { age } = standing
    const over = standing.writing()
    for (const id of heard) told(standing, id)
    over(true)
    expect(standing.age, `${heard}`).toBeGreaterThan(age)
    expect(standing.bookmark).toBe(bookmark(heard.at(-1) as number))
  }
})

it('goes twice where the second of others comes before ours is over: it might be taken for ours', () => {
  const standing = known()
  const over = standing.writing()
  told(standing, 1_002)
  const { age } = standing
  told(standing, 1_003)
  over(true)
  expect(standing.age).toBe(age + 1)
})

it('goes with a write of ours that was not answered but may have happened', () => {
  const standing = known()
  const { age } = standing
  const over = standing.writing()
  told(standing, 1_001)
  over(false)
  expect(standing.age).toBe(age + 1)
})

it('goes where a database was put back, not for an answer that comes late', () => {
  const standing = known()
  const early = standing.sent()
  const over = standing.writing()
  told(standing, 1_001)
  over(true)
  const { age } = standing
  standing.answered(bookmark(1_000), early)
  expect([standing.age, standing.bookmark]).toEqual([age, bookmark(1_001)])
  told(standing, 1_000)
  expect([standing.age, standing.bookmark]).toEqual([age + 1, bookmark(1_000)])
})

it('goes with another database, and with a failure', () => {
  const standing = known()
  const { age } = standing
  told(standing, 1_000, 8)
  expect(standing.age).toBe(age + 1)
  standing.failed()
  expect([standing.age, standing.bookmark]).toEqual([age + 2, undefined])
})

it('knows nothing of bookmarks that are written in another way', () => {
  const whole = bookmark(1_000)
  const other = [
    'neo4j:bookmark:v1:tx17',
    'FB:',
    whole.replace('FB:kc', 'FB:ks'),
    `FB:${Buffer.concat([Buffer.from(whole.slice(3), 'base64').subarray(0, -1), Buffer.from([0x91])]).toString('base64')}`,
    `FB:${Buffer.from(whole.slice(3), 'base64').subarray(0, 19).toString('base64')}`,
  ]
  for (const text of other) {
    const standing = known()
    const { age } = standing
    standing.answered(text, standing.sent())
    expect([standing.age, standing.bookmark], text).toEqual([age + 1, undefined])
  }
})
