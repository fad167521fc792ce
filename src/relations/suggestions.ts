// Reads users whom a user could follow: users that are followed by the user's followed users, ranked by how many of these follow them.

import { type Batch, createLimited } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import { perRow, type Queries, type Query } from '../graph/queries.ts'
import {
  type Item,
  itemExpression,
  viewerClause,
  viewerFlagsExpression,
  withViewerFlags,
} from '../users/item.ts'
import type { Link } from '../users/mentions.ts'

export type Suggestion = [item: Item, knownFollowers: bigint]

export type Suggestions = {
  /** At most `count` users, best first. Exact up to the bounds in cypher/relations/suggestions.cypher. */
  for(userId: bigint, count: number, annotations: boolean): Promise<Suggestion[]>
}

/** The statement that reads the suggestions of one user with all that is shown of each. */
export function suggestionsStatement(query: Query): string {
  return `UNWIND $batch.rows AS row
${viewerClause(true, 'row')}
CALL (row) {
  CALL (row) { ${perRow(query.statement, { limit: '$limit' })} }
  RETURN collect([${itemExpression}, known_followers]) AS suggestions, collect(user.id) AS ids
}
RETURN suggestions, ${viewerFlagsExpression(true, 'ids')} AS flags`
}

type SuggestionRequest = { userId: bigint; count: number; annotations: boolean }

/** At most two at a time, because each may read 200,000 follows (about 0.25 s) and other requests need the database too. */
export function createSuggestions(graph: Graph, queries: Queries, link: Link): Suggestions {
  const text = suggestionsStatement(queries.get('relations/suggestions'))
  const queue: Batch<SuggestionRequest, Suggestion[]> = createLimited({
    inFlight: 2,
    waiting: 200,
    async run({ userId, count, annotations }, leftMs) {
      const rows = [{ user_id: userId, viewer_id: userId }]
      const params = { batch: { rows, annotations }, limit: BigInt(count) }
      const [row] = await graph.read('relations/suggestions', text, params, leftMs)
      const suggestions = (row?.[0] ?? []) as Suggestion[]
      const items = suggestions.map(([item]) => item)
      return link(withViewerFlags(items, row?.[1] ?? null), suggestions)
    },
  })
  return { for: (userId, count, annotations) => queue.add({ userId, count, annotations }) }
}
