// Reads lists of user ids from the graph: one page, or the whole list as a stream of pages.

import { createLimited } from '../graph/batch.ts'
import type { Graph, Row } from '../graph/graph.ts'
import { ascending, type Queries, type Query, withoutReturn } from '../graph/queries.ts'
import { retryUntilComplete } from '../graph/retry-until-complete.ts'
import { withSmallHeap } from './heap.ts'
import { fetchLimit, MAX_CURSOR, oldestFirst, type PageRequest } from './page.ts'
import { COMMON_LISTS } from './page-statement.ts'

/** `hidden`: the user hides lists (`hides_lists`). */
export type IdsPage = { ids: bigint[]; paginationIds: bigint[]; hidden: boolean }
export type AllIds = { ids: AsyncIterable<string>; hidden: boolean }

export type Ids = {
  /** The user ids of a page and the ids of their relationships; null if there is no such user. */
  page(list: string, userId: bigint, request: PageRequest): Promise<IdsPage | null>
  /** All ids, newest first, as JSON strings joined by commas, one page of the index at a time; null if there is no such user. */
  all(list: string, userId: bigint): Promise<AllIds | null>
}

/**
 * The statement that reads one page of ids. It reads properties of relationships only, no user nodes. `walked` also counts relationships
 * that were deleted during the read; their ids are missing in `ids`.
 */
export const idsStatement = (query: Query): string =>
  statementOf(query, `collect(${query.columns.get('pagination_id')}) AS cursors`, 'cursors')

/** The statement that reads a page of a whole list. It returns no cursor per item, which halves what is collected, sent and decoded. */
export const allIdsStatement = (query: Query): string =>
  statementOf(query, `min(${query.columns.get('pagination_id')}) AS oldest`, 'oldest')

const statementOf = (
  query: Query,
  more: string,
  column: string,
): string => `OPTIONAL MATCH (owner:User {id: $user_id})
CALL { ${withoutReturn(query)}
  RETURN collect(${query.columns.get('user_id')}) AS ids, ${more}, count(*) AS walked }
RETURN owner IS NOT NULL AS known, ids, ${column}, walked, owner.hides_lists = true AS hidden`

// Pages of 10,000 ids take 1.65 s per million, one record per id takes 4.96 s. Between pages no transaction is open, however slow the
// reader is.
const PAGE_SIZE = 10_000

type Piece = { ids: bigint[]; oldest: bigint | null; walked: bigint; hidden: boolean }

export function createIds(graph: Pick<Graph, 'read'>, queries: Queries): Ids {
  const statements = new Map(
    COMMON_LISTS.map((list) => {
      const query = queries.get(`lists/${list}`)
      const [all, newest, oldest] = [
        allIdsStatement(query),
        idsStatement(query),
        idsStatement(ascending(query)),
      ]
      return [list, { all, newest, oldest }]
    }),
  )
  // A list of millions takes hundreds of reads. If many lists were read at once, other requests would wait for a connection to the graph.
  // The first page of a list has to come within the time of a request, and does not wait for the further pages of others.
  const limits = {
    inFlight: 8,
    waiting: 5_000,
    run: (call: Parameters<Graph['read']>): Promise<Row[]> => graph.read(...call),
  }
  const first = createLimited(limits)
  const further = createLimited({ ...limits, deadlineMs: 6_000 })
  const read = async (list: string, userId: bigint, from: 'all' | 'newest' | 'oldest', range: Range) => {
    const text = statements.get(list)?.[from]
    if (text === undefined) throw new Error(`there are no ids of the list ${list}: see COMMON_LISTS`)
    const params = { ...range, user_id: userId, limit: BigInt(range.limit) }
    const [row] = await (from === 'all'
      ? (range.before === MAX_CURSOR ? first : further).add([`lists/${list}/ids`, text, params])
      : graph.read(`lists/${list}/ids`, text, params))
    const [known, ids, second, walked, hides] = row as [boolean, bigint[], unknown, bigint, boolean | null]
    return known ? { ids, second, walked, hidden: hides === true } : null
  }

  async function pieceOf(list: string, userId: bigint, before: bigint): Promise<Piece | null> {
    const found = await read(list, userId, 'all', { before, since: 0n, limit: PAGE_SIZE })
    return found && { ...found, oldest: found.second as bigint | null }
  }

  async function* pieces(list: string, userId: bigint, start: Piece): AsyncGenerator<string> {
    for (let piece: Piece | null = start; piece !== null && piece.oldest !== null; ) {
      // The next page is read while this one is sent.
      const ahead: Promise<Piece | null> =
        piece.walked < PAGE_SIZE ? Promise.resolve(null) : pieceOf(list, userId, piece.oldest)
      ahead.catch(() => undefined)
      yield textOf(piece.ids)
      piece = await ahead
    }
  }

  return {
    page: (list, userId, request) =>
      retryUntilComplete(async () => {
        const { before, since } = request
        const from = oldestFirst(request) ? 'oldest' : 'newest'
        const found = await read(list, userId, from, { before, since, limit: fetchLimit(request) })
        return found && { ...found, paginationIds: found.second as bigint[] }
      }, isComplete),
    async all(list, userId) {
      const start = await pieceOf(list, userId, MAX_CURSOR)
      return start && { ids: withSmallHeap(pieces(list, userId, start)), hidden: start.hidden }
    },
  }
}

type Range = { before: bigint; since: bigint; limit: number }

const isComplete = (page: (IdsPage & { walked: bigint }) | null): boolean =>
  page === null || (page.ids.length === Number(page.walked) && page.paginationIds.length === page.ids.length)

/** Ids as JSON strings joined by commas. */
export const textOf = (ids: Iterable<bigint>): string => {
  const text = [...ids].join('","')
  return text === '' ? '' : `"${text}"`
}
