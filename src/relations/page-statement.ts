// Composes the statement that reads pages of a list.
import { perRow, type Queries, type Query } from '../graph/queries.ts'
import { itemColumns, viewerClause, viewerFlagsExpression } from '../users/item.ts'

/** The query that counts a whole list; undefined if there is none. */
export const totalOf = (queries: Queries, list: string): Query | undefined =>
  queries.names('totals').includes(`totals/${list}`) ? queries.get(`totals/${list}`) : undefined

/** The lists that are read most. Only they have a separate statement for callers without a viewer, and ids. */
export const COMMON_LISTS = ['followers', 'following']

/** Whether the statement of a page looks up a viewer. Rare lists always do, even if there is none, so that Neo4j has one statement less to plan. */
export const includesViewer = (list: string, viewer: boolean): boolean =>
  viewer || !COMMON_LISTS.includes(list)

/** The columns of `pageStatement`, in their order. */
export const PAGE_COLUMNS = ['n', 'page', 'flags', 'total', 'hidden'] as const

/**
 * The statement that reads several pages of one list at once; the statement of the file becomes the body of a CALL. A row of a page is
 * one flat list, because every further list or record costs time in Neo4j, the driver and Node.
 */
export function pageStatement(query: Query, viewer: boolean, total?: Query): string {
  const body = perRow(query.statement, { limit: '$limit' })
  // The sum keeps the row of the page if the total's statement returns no row.
  const count =
    total === undefined
      ? ''
      : `\nCALL (row) { CALL (row) { ${perRow(total.statement)} }\n  RETURN sum(total) AS total }`
  return `UNWIND $batch.rows AS row
OPTIONAL MATCH (owner:User {id: row.user_id})
${viewerClause(viewer, 'row, owner')}
CALL (row) {
  CALL (row) { ${body} }
  WITH user, user.id AS id, pagination_id, CASE WHEN made_at IS :: ZONED DATETIME THEN made_at.epochSeconds END AS seconds
  RETURN collect([${itemColumns}, pagination_id, seconds, id]) AS page, collect(id) AS ids
}${count}
RETURN row.n AS n, CASE WHEN owner IS NULL THEN null ELSE page END AS page,
  ${viewerFlagsExpression(viewer, 'ids')} AS flags, ${total === undefined ? 'null' : 'total'} AS total,
  owner.hides_lists = true AS hidden`
}

/** Whether a list is a walk of one index, where every page costs the same; other lists combine two sets. */
export const isWalk = (query: Query): boolean => !/\b(CALL|EXISTS|COUNT)\b/.test(query.statement)
