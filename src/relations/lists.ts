// Knows how lists are read: pages grouped in a query, and whole lists of ids as a stream of pages.
import { type Batch, createBatch } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import { ascending, newestFirst, perRow, type Queries, type Query, withoutReturn } from '../graph/queries.ts'
import { type Proof, type ProofColumns, proofExpression } from '../tokens/recall.ts'
import {
  type Item,
  type ItemForm,
  itemExpression,
  seen,
  sightExpression,
  viewerClause,
} from '../users/item.ts'
import type { Link } from '../users/mentions.ts'
import { lookBeyond, uncut } from './cut.ts'
import { lean } from './lean.ts'
import { fetchLimit, MAX_CURSOR, oldestFirst, type PageRequest } from './page.ts'

/** One row of a page: the user, the id of the relationship, and when it was made (seconds since 1970). */
export type PageRow = [item: Item, paginationId: bigint, madeAt: bigint | null]

export type PageWish = {
  list: string
  userId: bigint
  viewerId: bigint | null
  form: ItemForm
  request: PageRequest
  /** Told what the graph says of the caller's token. */
  proof?: Proof | null
}

/** Rows in the order fetched, one more than the page; `total` counts the whole list where a file of cypher/totals/ does. */
export type FetchedPage = { rows: PageRow[]; total: bigint | null; cut: boolean }

export type Lists = {
  /** One page; null where there is no such user. */
  page(wish: PageWish): Promise<FetchedPage | null>
  /** Ids of the users of a page with the relationships' ids; null where there is no such user. */
  idsPage(
    list: string,
    userId: bigint,
    request: PageRequest,
  ): Promise<{ ids: bigint[]; paginationIds: bigint[] } | null>
  /** Every id, newest first, as JSON strings joined by commas, a page of the index at a time; null: no such user. */
  allIds(list: string, userId: bigint): Promise<AsyncIterable<string> | null>
  readonly waiting: number
}

/** The query that counts a whole list, where it has one. */
export const totalOf = (queries: Queries, list: string): Query | undefined =>
  queries.names('totals').includes(`totals/${list}`) ? queries.get(`totals/${list}`) : undefined

/** The statement that reads several pages of one list at once; what an analyst can paste becomes the body of a CALL. */
export function pageStatement(query: Query, form: ItemForm, total?: Query, proves = false): string {
  const body = perRow(query.statement, { limit: '$limit' })
  // Aggregated, so that a total that finds no row leaves the page's row standing.
  const count =
    total === undefined
      ? ''
      : `\nCALL (row) { CALL (row) { ${perRow(total.statement)} }\n  RETURN sum(total) AS total }`
  const last = newestFirst(query) ? 'min' : 'max'
  const beyond = isWalk(query)
    ? lookBeyond(query, 'row, ids, edge', 'edge', (name) => `row.${name}`)
    : 'WITH *, 0 AS beyond'
  return `UNWIND $batch.rows AS row
OPTIONAL MATCH (owner:User {id: row.user_id})
${proves ? 'OPTIONAL MATCH (token:Token {hash: row.hash})\n' : ''}${viewerClause(form.viewer, `row, owner, ${proves ? proofExpression(form.viewer) : 'null'} AS proof`)}
CALL (row) {
  CALL (row) { ${body} }
  RETURN collect([${itemExpression(form.annotations)}, pagination_id, CASE WHEN made_at IS :: ZONED DATETIME THEN made_at.epochSeconds END]) AS page,
    collect(user_id) AS ids, ${last}(pagination_id) AS edge
}
${beyond}${count}
RETURN row.n AS n, CASE WHEN owner IS NULL THEN null ELSE page END AS page, ${sightExpression(form.viewer, 'ids')} AS sight, ${total === undefined ? 'null' : 'total'} AS total, proof, beyond > 0 AS cut`
}

/**
 * The statement that reads one page of ids; properties of the relationship only, no user is touched. A page of a whole
 * list needs no cursor an item, only its last: that halves what is collected, sent and decoded. A relationship deleted
 * meanwhile is still met by the walk, without the user's id: it is left out as a whole, or ids and cursors would not go together.
 */
export function idsStatement(query: Query, whole: boolean): string {
  const id = query.columns.get('user_id')
  const paginationId = query.columns.get('pagination_id')
  const last = whole ? 'cursors' : 'cursors[-1]'
  return `OPTIONAL MATCH (owner:User {id: $user_id})
CALL { ${withoutReturn(query)}
  WITH * WHERE ${id} IS NOT NULL
  RETURN collect(${id}) AS ids, ${whole ? `min(${paginationId})` : `collect(${paginationId})`} AS cursors }
${lookBeyond(query, 'ids, cursors', last, (name) => `$${name}`)}
RETURN owner IS NOT NULL AS known, ids, cursors, beyond > 0 AS cut`
}

// One statement of 10,000 ids at a time: 1.65 s a million against 4.96 s as a record an id (DESIGN.md section 1), and no
// transaction stays open while a slow reader takes its time.
const IDS_A_PAGE = 10_000

/** Whether a list is a walk of one index, whose pages all cost the same; the others combine two sets. */
const isWalk = (query: Query): boolean => !/\b(CALL|EXISTS|COUNT)\b/.test(query.statement)

/**
 * Pages go eight to a query, four queries at once (DESIGN.md section 1). Lists that combine two sets have a queue of
 * their own: a slow page of theirs holds back no page of a plain list.
 */
export function createLists(
  graph: Graph,
  queries: Queries,
  link: Link,
  observe?: (pages: number) => void,
): Lists {
  const statements = new Map<string, string>()
  const statement = (wish: PageWish): string => {
    const key = keyOf(wish)
    let text = statements.get(key)
    if (text === undefined) {
      const query = queries.get(`lists/${wish.list}`)
      text = pageStatement(
        oldestFirst(wish.request) ? ascending(query) : query,
        wish.form,
        totalOf(queries, wish.list),
        wish.proof != null,
      )
      statements.set(key, text)
    }
    return text
  }
  const queue = (size: number, inFlight: number): Batch<PageWish, FetchedPage | null> =>
    createBatch({
      size,
      inFlight,
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
          ...(wish.proof == null ? {} : { hash: wish.proof.hash }),
        }))
        const results: (FetchedPage | null)[] = new Array(wishes.length).fill(null)
        const limit = BigInt(fetchLimit(first.request))
        for (const [n, page, sight, total, proof, cut] of await graph.read(
          `lists/${first.list}`,
          statement(first),
          { batch: { rows }, limit },
          leftMs,
        )) {
          if (proof !== null) wishes[Number(n)]?.proof?.check(proof as ProofColumns)
          if (page === null) continue
          const rows = page as PageRow[]
          seen(
            rows.map(([item]) => item),
            sight,
          )
          results[Number(n)] = { rows, total: total as bigint | null, cut: cut as boolean }
        }
        return results
      },
      ...(observe === undefined ? {} : { observe }),
    })
  const walks = queue(8, 4)
  const others = queue(4, 2)

  async function idsOf<Cursors>(
    list: string,
    userId: bigint,
    bounds: { before: bigint; since: bigint; limit: number },
    text: string,
  ) {
    const { before, since, limit } = bounds
    const params = { user_id: userId, before, since, limit: BigInt(limit) }
    const [row] = await graph.read(`lists/${list}/ids`, text, params)
    const [known, ids, cursors, cut] = row as [boolean, bigint[], Cursors, boolean]
    return known ? { ids, cursors, cut } : null
  }

  return {
    async page(wish) {
      const queue = isWalk(queries.get(`lists/${wish.list}`)) ? walks : others
      const page = await uncut(() => queue.add(wish))
      return page === null
        ? null
        : link(
            page.rows.map(([item]) => item),
            page,
          )
    },
    async idsPage(list, userId, request) {
      const query = queries.get(`lists/${list}`)
      const text = idsStatement(oldestFirst(request) ? ascending(query) : query, false)
      const ask = () => idsOf<bigint[]>(list, userId, { ...request, limit: fetchLimit(request) }, text)
      const page = await uncut(ask)
      return page === null ? null : { ids: page.ids, paginationIds: page.cursors }
    },
    async allIds(list, userId) {
      const text = idsStatement(queries.get(`lists/${list}`), true)
      type IdsPage = { ids: bigint[]; cursors: bigint | null; cut: boolean } | null
      const ask = (before: bigint): Promise<IdsPage> =>
        idsOf<bigint | null>(list, userId, { before, since: 0n, limit: IDS_A_PAGE }, text)
      // A page that was cut goes on behind its last id; one that was cut before its first is asked for again.
      const next = (before: bigint) =>
        uncut(
          () => ask(before),
          (page) => page?.cut === true && page.ids.length === 0,
        )
      const start = await next(MAX_CURSOR)
      if (start === null) return null
      const pages = async function* () {
        for (let page: IdsPage = start; page !== null && page.cursors !== null; ) {
          // The next page is read while this one is written.
          const ahead: Promise<IdsPage> =
            page.ids.length < IDS_A_PAGE && !page.cut ? Promise.resolve(null) : next(page.cursors)
          ahead.catch(() => undefined)
          yield `"${page.ids.join('","')}"`
          page = await ahead
        }
      }
      return lean(pages())
    },
    get waiting() {
      return walks.length + others.length
    },
  }
}

const keyOf = (wish: PageWish): string =>
  `${wish.list} ${oldestFirst(wish.request)} ${wish.form.viewer} ${wish.form.annotations} ${wish.proof != null}`
