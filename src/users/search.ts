// Knows how users are found by words: at most so many that match are ranked, so that a letter costs no more than a name.
import { createLimited } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import type { Search } from './search-words.ts'

export type Finder = {
  /** The ids of at most `count` users, best first; `viewerId` null where no user asks. */
  find(search: Search, viewerId: bigint | null, count: number): Promise<bigint[]>
}

// Of those who match, so many are ranked exactly: the most followed by their ranks, which may be minutes old. And so many of those
// whom the viewer follows are looked at, the newest follows (docs/decisions/016).
const MOST_MATCHES = 1_000n
const MOST_FOLLOWS = 2_000n

/** The parameters of cypher/users/search. */
export const searchParams = (search: Search, viewerId: bigint | null, count: number) => ({
  ...search,
  viewer_id: viewerId,
  most: MOST_MATCHES,
  follows: MOST_FOLLOWS,
  limit: BigInt(count),
})

/** Four at once, so that the rest of the API has its part of the database. */
export function createFinder(graph: Graph, queries: Queries): Finder {
  const text = queries.get('users/search').statement
  const searches = createLimited<Record<string, unknown>, bigint[]>({
    inFlight: 4,
    waiting: 500,
    async run(params, leftMs) {
      const rows = await graph.read('users/search', text, params, leftMs)
      return rows.map(([id]) => id as bigint)
    },
  })
  return { find: (search, viewerId, count) => searches.add(searchParams(search, viewerId, count)) }
}
