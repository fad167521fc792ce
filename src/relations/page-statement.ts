// Knows the statement that reads pages of a list, in the forms in which it is asked for.
import { newestFirst, perRow, type Queries, type Query } from '../graph/queries.ts'
import { proofExpression } from '../tokens/recall.ts'
import { countsExpression, sightExpression, viewerClause } from '../users/item.ts'
import { profileExpressions, type Told } from '../users/remembered-profiles.ts'
import { lookBeyond } from './cut.ts'
import { proofOfFollows } from './known-follows.ts'
import { GRAPH_ERA } from './remembered.ts'

/** One row as it comes from the graph. A list a row, and no list in it: each costs Neo4j, the driver and Node. */
export type PageColumns = [
  userId: bigint,
  hash: bigint | null,
  told: Told | null,
  following: bigint,
  followers: bigint,
  paginationId: bigint,
  madeAt: bigint | null,
]

/** The query that counts a whole list, where it has one. */
export const totalOf = (queries: Queries, list: string): Query | undefined =>
  queries.names('totals').includes(`totals/${list}`) ? queries.get(`totals/${list}`) : undefined

/** The lists that are read most: a form of their own saves them what they need not ask. */
export const COMMON_LISTS = ['followers', 'following']

/** For whom a page is: a viewer or nobody, and whether the service knows whom the viewer follows. */
export type PageForm = { viewer: boolean; knows: boolean }

/** The forms in which a list is asked for. A rare one has but one, for each is planned ahead, from both ends (plan-ahead.ts). */
export const pageForms = (list: string): PageForm[] => [
  { viewer: true, knows: false },
  ...(COMMON_LISTS.includes(list)
    ? [
        { viewer: true, knows: true },
        { viewer: false, knows: false },
      ]
    : []),
]

/** The form of those in which a page of a list is for such a one; a rare list's asks for a viewer that may be nobody. */
export const pageForm = (list: string, { viewer, knows }: PageForm): PageForm => ({
  viewer: viewer || !COMMON_LISTS.includes(list),
  knows,
})

/** The columns of `pageStatement`, in their order. */
export const PAGE_COLUMNS = ['n', 'page', 'sight', 'total', 'proof', 'cut', 'follows'] as const

/** The statement that reads several pages of one list at once; what an analyst can paste becomes the body of a CALL. */
export function pageStatement(query: Query, { viewer, knows }: PageForm, total?: Query): string {
  const body = perRow(query.statement, { limit: '$limit' })
  // Aggregated, so that a total that finds no row leaves the page's row standing.
  const count =
    total === undefined
      ? ''
      : `\nCALL (row) { CALL (row) { ${perRow(total.statement)} }\n  RETURN sum(total) AS total }`
  const last = newestFirst(query) ? 'min' : 'max'
  const columns: Record<(typeof PAGE_COLUMNS)[number], string> = {
    n: 'row.n',
    page: 'CASE WHEN owner IS NULL THEN null ELSE page END',
    sight: sightExpression(viewer, 'ids', { follows: !knows }),
    total: total === undefined ? 'null' : 'total',
    proof: 'proof',
    cut: isWalk(query) ? `${lookBeyond(query, 'edge', (name) => `row.${name}`)} > 0` : 'false',
    follows: 'follows',
  }
  return `${knows ? `WITH ${GRAPH_ERA} AS graph_era\n` : ''}UNWIND $batch.rows AS row
OPTIONAL MATCH (owner:User {id: row.user_id})
OPTIONAL MATCH (token:Token {hash: row.hash})
${viewerClause(viewer, `row, owner, ${proofExpression(viewer)} AS proof, ${knows ? proofOfFollows : 'null'} AS follows`)}
CALL (row) {
  CALL (row) { ${body} }
  RETURN collect([${profileExpressions}, ${countsExpression},
    pagination_id, CASE WHEN made_at IS :: ZONED DATETIME THEN made_at.epochSeconds END]) AS page,
    collect(user.id) AS ids, ${last}(pagination_id) AS edge
}${count}
RETURN ${PAGE_COLUMNS.map((name) => `${columns[name]} AS ${name}`).join(', ')}`
}

/** Whether a list is a walk of one index, whose pages all cost the same; the others combine two sets. */
export const isWalk = (query: Query): boolean => !/\b(CALL|EXISTS|COUNT)\b/.test(query.statement)
