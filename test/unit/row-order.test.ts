// Several look-ups in one query: each gets its own row, in whatever order the database returns them.
import { expect, it } from 'vitest'
import type { Graph } from '../../src/graph/graph.ts'
import { loadQueries } from '../../src/graph/queries.ts'
import { createTokenStore } from '../../src/tokens/store.ts'
import { createUsers } from '../../src/users/users.ts'

const queries = loadQueries()
type Batch = { batch: Record<string, string[]> }
/** Answers each query with one row for each entry of its list, the last first. */
const reading = (rowOf: (entry: string, n: bigint) => unknown[]) => ({
  read: async (_: string, __: string, params: unknown) =>
    (Object.values((params as Batch).batch)[0] as string[])
      .map((entry, n) => rowOf(entry, BigInt(n)))
      .reverse(),
})

it('users by name', async () => {
  const ids: Record<string, bigint> = { ada: 1n, bo: 2n, cy: 3n }
  const users = createUsers(
    reading((name, n) => [n, ids[name] ?? null]),
    queries,
  )
  expect(await Promise.all(['ada', 'nobody', 'bo', 'cy'].map(users.findByUsername))).toEqual([
    1n,
    null,
    2n,
    3n,
  ])
})

it('tokens', async () => {
  const { read } = reading((hash, n) => [n, 'app', null, false, null, [], null, null, hash, null, null, null])
  const store = createTokenStore({ read } as unknown as Graph, queries, { maxFollowing: null })
  const found = await Promise.all(['a', 'b', 'c'].map((hash) => store.findByHash(hash)))
  expect(found.map(({ app }) => app.client_id)).toEqual(['a', 'b', 'c'])
})
