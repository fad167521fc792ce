// Knows whom a user might follow: the users that those followed follow, ranked by how many of them do.
import type { Api } from '../api.ts'
import { type Batch, createBatch } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import { perRow, type Queries, type Query } from '../graph/queries.ts'
import { type Answer, RawJson } from '../http/answer.ts'
import type { Call } from '../http/call.ts'
import { integer } from '../http/params.ts'
import { type Item, itemExpression, seen, sightExpression, viewerClause } from '../users/item.ts'
import type { Link } from '../users/mentions.ts'
import { showOf, viewerOf } from '../users/show.ts'
import { openUserJson } from '../users/view.ts'

export type Suggestion = [item: Item, knownFollowers: bigint]

export type Suggestions = {
  /** At most `count` users, best first. Exact up to the bounds that cypher/relations/suggestions.cypher names. */
  for(userId: bigint, count: number, annotations: boolean): Promise<Suggestion[]>
}

const MOST = 200n

/** The statement that makes one user's suggestions, with everything that shows them. */
export function suggestionsStatement(query: Query): string {
  return `UNWIND $batch.rows AS row
${viewerClause(true, 'row')}
CALL (row) {
  CALL (row) { ${perRow(query.statement, { limit: '$limit' })} }
  RETURN collect([${itemExpression}, known_followers]) AS suggestions, collect(user.id) AS ids
}
RETURN suggestions, ${sightExpression(true, 'ids')} AS sight`
}

type Wish = { userId: bigint; count: number; annotations: boolean }

/** Two at once: each may look at 200,000 follows (about 0.25 s), and the rest of the API wants the database too. */
export function createSuggestions(graph: Graph, queries: Queries, link: Link): Suggestions {
  const text = suggestionsStatement(queries.get('relations/suggestions'))
  const batch: Batch<Wish, Suggestion[]> = createBatch({
    size: 1,
    inFlight: 2,
    waiting: 200,
    run: (wishes, leftMs) =>
      Promise.all(
        wishes.map(async ({ userId, count, annotations }) => {
          const rows = [{ user_id: userId, viewer_id: userId }]
          const [row] = await graph.read(
            'relations/suggestions',
            text,
            { batch: { rows, annotations }, limit: BigInt(count) },
            leftMs,
          )
          const suggestions = (row?.[0] ?? []) as Suggestion[]
          const items = suggestions.map(([item]) => item)
          return link(seen(items, row?.[1] ?? null), suggestions)
        }),
      ),
  })
  return { for: (userId, count, annotations) => batch.add({ userId, count, annotations }) }
}

/** `GET users/me/suggestions`: unpaged; `count` from 1 to 200, all 200 by default. */
export async function showSuggestions(api: Api, call: Call): Promise<Answer> {
  const count = Number(integer(call.query, 'count', MOST, 1n, MOST))
  const show = showOf(call.query)
  const viewer = viewerOf(call)
  if (viewer === null) throw new Error('suggestions need a user token: see routes.ts')
  const found = await api.suggestions.for(viewer.id, count, show.annotations)
  const texts = found.map(
    ([item, known]) => `${openUserJson(item, viewer, show)},"known_followers":${known}}`,
  )
  return { data: new RawJson(`[${texts.join(',')}]`) }
}
