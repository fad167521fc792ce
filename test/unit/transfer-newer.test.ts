// Which relationships an export of a running service leaves out.
import { expect, it } from 'vitest'
import { upTo } from '../../src/transfer/export/from-graph.ts'
import type { RelationRecord } from '../../src/transfer/relation.ts'

async function* batches(...ids: bigint[][]): AsyncGenerator<RelationRecord[]> {
  for (const batch of ids) yield batch.map((id) => ({ id }))
}

async function kept(highest?: () => Promise<bigint>): Promise<[unknown[], number]> {
  const ids: unknown[] = []
  let left = 0
  const some = upTo(10n, batches([1n, 10n], [11n, 2n, 15n], [99n]), (count) => (left += count), highest)
  for await (const batch of some) ids.push(...batch.map(({ id }) => id))
  return [ids, left]
}

it('those that the service made since the export began; what was written by hand stays', async () => {
  expect(await kept(async () => 15n)).toEqual([[1n, 10n, 2n, 99n], 2])
})

it('all above the newest id, where nothing tells what was written by hand', async () => {
  expect(await kept()).toEqual([[1n, 10n, 2n], 3])
})
