// Which unfinished deletions a running service finishes, by what it sees from time to time; the graph is not needed for that.
import { expect, it } from 'vitest'
import { createRemovalResumption } from '../../src/users/resume-removals.ts'

it('finishes a deletion of which nothing was deleted since it looked last, and leaves those in progress alone', async () => {
  const finished: bigint[][] = []
  let unfinished = new Map<bigint, bigint>()
  const resume = createRemovalResumption({
    unfinishedRemovals: async () => new Map(unfinished),
    resumeRemovals: async (only) => {
      finished.push([...(only as Set<bigint>)])
      return 1
    },
  })
  const look = async (seen: [bigint, bigint][]) => {
    unfinished = new Map(seen)
    await resume()
    return finished.splice(0)
  }
  expect(await look([[1n, 9_000n]])).toEqual([])
  // Another one has begun, and the first goes on.
  expect(
    await look([
      [1n, 5_000n],
      [2n, 0n],
    ]),
  ).toEqual([])
  expect(
    await look([
      [1n, 1_000n],
      [2n, 0n],
    ]),
  ).toEqual([[2n]])
  expect(await look([[1n, 1_000n]])).toEqual([[1n]])
  expect(await look([])).toEqual([])
})
