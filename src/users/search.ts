// Searches users by words. The number of matches that are ranked is limited, so that a query of one letter takes no longer than one of a name.
import { createLimited } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import type { Search } from './search-words.ts'

export type Finder = {
  /** The ids of at most `count` users, the best match first. `viewerId` is null if the request has no user. */
  find(search: Search, viewerId: bigint | null, count: number): Promise<bigint[]>
}

// The number of matches that are compared exactly: those with the highest `search_rank`, which may be minutes old.
const MAX_MATCHES = 1_000n
// The number of the viewer's own follows, the newest, that are searched for matches (docs/decisions/016).
const MAX_FOLLOWS = 2_000n

/** The id of a viewer who is not there: no user has it. Null would be another type, and the statement would be planned again for it. */
export const NOBODY = 0n

/** The parameters of cypher/users/search. */
export const searchParams = (search: Search, viewerId: bigint | null, count: number) => ({
  ...search,
  username: search.username ?? '',
  viewer_id: viewerId ?? NOBODY,
  most: MAX_MATCHES,
  follows: MAX_FOLLOWS,
  limit: BigInt(count),
})

/** Four searches run at the same time; more would slow down the rest of the API. */
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
