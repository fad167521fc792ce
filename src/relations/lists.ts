// Knows how lists are read: pages grouped in a query, and whole lists of ids as a stream of pages.
import { type Batch, createBatch } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import { ascending, perRow, type Queries, type Query, withoutReturn } from '../graph/queries.ts'
import { type Item, type ItemForm, itemExpression, viewerClause } from '../users/item.ts'
import { fetchLimit, oldestFirst, type PageRequest } from './page.ts'

/** One row of a page: the user, the id of the relationship, and when it was made (seconds since 1970). */
export type PageRow = [item: Item, paginationId: bigint, madeAt: bigint | null]

export type PageWish = { list: string; userId: bigint; viewerId: bigint | null; form: ItemForm; request: PageRequest }

/** Rows in the order fetched, one more than the page; `total` counts the whole list where a file of cypher/totals/ does. */
export type FetchedPage = { rows: PageRow[]; total: bigint | null }

export type Lists = {
  /** One page; null where there is no such user. */
  page(wish: PageWish): Promise<FetchedPage | null>
  /** Ids of the users of a page with the relationships' ids; null where there is no such user. */
  idsPage(list: string, userId: bigint, request: PageRequest): Promise<{ ids: bigint[]; paginationIds: bigint[] } | null>
  /** Every id, newest first, as JSON strings joined by commas, a page of the index at a time; null: no such user. */
  allIds(list: string, userId: bigint): Promise<AsyncIterable<string> | null>
  readonly waiting: number
}

/** The statement that reads several pages of one list at once; what an analyst can paste becomes the body of a CALL. */
export function pageStatement(query: Query, form: ItemForm, total?: Query): string {
  const body = perRow(query.statement, { limit: '$limit' })
  // Aggregated, so that a total that finds no row leaves the page's row standing.
  const count = total === undefined ? '' : `\nCALL (row) { CALL (row) { ${perRow(total.statement)} }\n  RETURN sum(total) AS total }`
  return `UNWIND $rows AS row
OPTIONAL MATCH (owner:User {id: row.user_id})
${viewerClause(form, 'row, owner')}
CALL (row, mutes, blocks, blockers) {
  CALL (row) { ${body} }
  RETURN collect([${itemExpression(form)}, pagination_id, CASE WHEN made_at IS :: ZONED DATETIME THEN made_at.epochSeconds END]) AS page
}${count}
RETURN row.n AS n, CASE WHEN owner IS NULL THEN null ELSE page END AS page, ${total === undefined ? 'null' : 'total'} AS total`
}

/** The statement that reads one page of ids. Properties of the relationship only: no user is touched. */
export function idsStatement(query: Query): string {
  const id = query.columns.get('user_id')
  const paginationId = query.columns.get('pagination_id')
  return `OPTIONAL MATCH (owner:User {id: $user_id})
CALL { ${withoutReturn(query)}
  RETURN collect(${id}) AS ids, collect(${paginationId}) AS pagination_ids }
RETURN owner IS NOT NULL AS known, ids, pagination_ids`
}

// One statement of 10,000 ids at a time: 1.65 s a million against 4.96 s as a record an id (DESIGN.md section 1), and no
// transaction stays open while a slow reader takes its time.
const IDS_A_PAGE = 10_000

/** Pages of the lists that are a walk of one index go eight to a query, four queries at once (DESIGN.md section 1). */
export function createLists(graph: Graph, queries: Queries, observe?: (pages: number) => void): Lists {
  const statements = new Map<string, string>()
  const totals = new Set(queries.names('totals'))
  const statement = (wish: PageWish): string => {
    const key = keyOf(wish)
    let text = statements.get(key)
    if (text === undefined) {
      const query = queries.get(`lists/${wish.list}`)
      const total = totals.has(`totals/${wish.list}`) ? queries.get(`totals/${wish.list}`) : undefined
      text = pageStatement(oldestFirst(wish.request) ? ascending(query) : query, wish.form, total)
      statements.set(key, text)
    }
    return text
  }
  const pages: Batch<PageWish, FetchedPage | null> = createBatch({
    size: 8,
    inFlight: 4,
    waiting: 2_000,
    key: (wish) => `${keyOf(wish)} ${fetchLimit(wish.request)}`,
    async run(wishes, leftMs) {
      const [first] = wishes as [PageWish]
      const rows = wishes.map((wish, n) => ({
        n: BigInt(n),
        user_id: wish.userId,
        viewer_id: wish.viewerId,
        before: wish.request.before,
        since: wish.request.since,
      }))
      const results: (FetchedPage | null)[] = new Array(wishes.length).fill(null)
      const limit = BigInt(fetchLimit(first.request))
      for (const [n, page, total] of await graph.read(`lists/${first.list}`, statement(first), { rows, limit }, leftMs)) {
        results[Number(n)] = page === null ? null : { rows: page as PageRow[], total: total as bigint | null }
      }
      return results
    },
    ...(observe === undefined ? {} : { observe }),
  })

  async function idsOf(list: string, userId: bigint, before: bigint, since: bigint, limit: number, turned: boolean) {
    const query = queries.get(`lists/${list}`)
    const text = idsStatement(turned ? ascending(query) : query)
    const params = { user_id: userId, before, since, limit: BigInt(limit) }
    const [row] = await graph.read(`lists/${list}/ids`, text, params)
    const [known, ids, paginationIds] = row as [boolean, bigint[], bigint[]]
    return known ? { ids, paginationIds } : null
  }

  return {
    page: (wish) => pages.add(wish),
    idsPage: (list, userId, request) =>
      idsOf(list, userId, request.before, request.since, fetchLimit(request), oldestFirst(request)),
    async allIds(list, userId) {
      type IdsPage = { ids: bigint[]; paginationIds: bigint[] } | null
      const next = (before: bigint): Promise<IdsPage> => idsOf(list, userId, before, 0n, IDS_A_PAGE, false)
      const start = await next(2n ** 63n - 1n)
      if (start === null) return null
      return (async function* () {
        let page: IdsPage = start
        while (page !== null && page.ids.length > 0) {
          const last = page.paginationIds[page.paginationIds.length - 1] as bigint
          // The next page is read while this one is written.
          const ahead: Promise<IdsPage> = page.ids.length < IDS_A_PAGE ? Promise.resolve(null) : next(last)
          ahead.catch(() => undefined)
          yield `"${page.ids.join('","')}"`
          page = await ahead
        }
      })()
    },
    get waiting() {
      return pages.length
    },
  }
}

const keyOf = (wish: PageWish): string =>
  `${wish.list} ${oldestFirst(wish.request)} ${wish.form.viewer} ${wish.form.annotations}`
