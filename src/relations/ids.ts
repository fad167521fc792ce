// Knows how lists of ids are read: a page of them, or all as a stream of pages that is remembered.
import type { Graph } from '../graph/graph.ts'
import { ascending, type Queries, type Query, withoutReturn } from '../graph/queries.ts'
import { lookBeyond, uncut } from './cut.ts'
import { lean } from './lean.ts'
import { fetchLimit, MAX_CURSOR, oldestFirst, type PageRequest } from './page.ts'
import { createListMemory, eraExpression, textOf } from './remembered.ts'

export type Ids = {
  /** Ids of the users of a page with the relationships' ids; null where there is no such user. */
  page(
    list: string,
    userId: bigint,
    request: PageRequest,
  ): Promise<{ ids: bigint[]; paginationIds: bigint[] } | null>
  /** Every id, newest first, as JSON strings joined by commas, a page of the index at a time; null: no such user. */
  all(list: string, userId: bigint): Promise<AsyncIterable<string> | null>
}

// The counts that Neo4j keeps with each user, of the lists whose ids can be had whole.
const COUNTS: Record<string, string> = {
  followers: 'COUNT { (owner)<-[:FOLLOWS]-() }',
  following: 'COUNT { (owner)-[:FOLLOWS]->() }',
}

/**
 * The statement that reads one page of ids; properties of the relationship only, no user is touched. A page of a whole
 * list needs no cursor an item, only its first and last: that halves what is collected, sent and decoded. A relationship deleted
 * meanwhile is still met by the walk, without the user's id: it is left out as a whole, or ids and cursors would not go together.
 */
export function idsStatement(query: Query): string {
  const cursor = query.columns.get('pagination_id')
  return `OPTIONAL MATCH (owner:User {id: $user_id})
${idsOf(query, `collect(${cursor}) AS cursors`)}
RETURN owner IS NOT NULL AS known, ids, cursors, ${isCut(query, 'cursors[-1]')} AS cut`
}

/** The statement that reads a page of a whole list. Its era is read before the walk: remembered.ts leans on that. */
export function allIdsStatement(list: string, query: Query): string {
  const cursor = query.columns.get('pagination_id')
  return `OPTIONAL MATCH (owner:User {id: $user_id})
WITH owner, ${eraExpression('owner')} AS era
WITH owner, era, ${COUNTS[list]} AS count
${idsOf(query, `max(${cursor}) AS newest, min(${cursor}) AS oldest`)}
RETURN owner IS NOT NULL AS known, {ids: ids, newest: newest, oldest: oldest, cut: ${isCut(query, 'oldest')}, count: count, era: era} AS page`
}

const isCut = (query: Query, last: string) => `${lookBeyond(query, last, (name) => `$${name}`)} > 0`

const idsOf = (query: Query, cursors: string): string => {
  const id = query.columns.get('user_id')
  return `CALL { ${withoutReturn(query)}
  WITH * WHERE ${id} IS NOT NULL
  RETURN collect(${id}) AS ids, ${cursors} }`
}

// One statement of 10,000 ids at a time: 1.65 s a million against 4.96 s as a record an id (DESIGN.md section 1), and no
// transaction stays open while a slow reader takes its time.
const IDS_A_PAGE = 10_000

/** The column of `allIdsStatement`. */
type AllIdsPage = {
  ids: bigint[]
  newest: bigint | null
  oldest: bigint | null
  cut: boolean
  count: bigint
  era: string
}

export function createIds(graph: Graph, queries: Queries): Ids {
  const memory = createListMemory()
  const statements = new Map(
    Object.keys(COUNTS).map((list) => {
      const query = queries.get(`lists/${list}`)
      return [
        list,
        {
          all: allIdsStatement(list, query),
          newestFirst: idsStatement(query),
          oldestFirst: idsStatement(ascending(query)),
        },
      ]
    }),
  )
  const statementsOf = (list: string) => {
    const found = statements.get(list)
    if (found === undefined) throw new Error(`ids of ${list} are not to be had: see COUNTS`)
    return found
  }

  const parameters = (userId: bigint, before: bigint, since: bigint, limit: number) => ({
    user_id: userId,
    before,
    since,
    limit: BigInt(limit),
  })

  async function allOf(
    list: string,
    userId: bigint,
    before: bigint,
    since: bigint,
  ): Promise<AllIdsPage | null> {
    const text = statementsOf(list).all
    const [row] = await graph.read(`lists/${list}/ids`, text, parameters(userId, before, since, IDS_A_PAGE))
    const [known, page] = row as [boolean, AllIdsPage]
    return known ? page : null
  }

  // A page that was cut goes on behind its last id; one that was cut before its first is asked for again.
  const next = (list: string, userId: bigint, before: bigint, since = 0n) =>
    uncut(
      () => allOf(list, userId, before, since),
      (page) => page?.cut === true && page.ids.length === 0,
    )

  async function* read(list: string, userId: bigint, start: AllIdsPage): AsyncGenerator<string> {
    const collector = memory.collector(`${list} ${userId}`, start)
    try {
      for (let page: AllIdsPage | null = start; page !== null && page.oldest !== null; ) {
        // The next page is read while this one is written.
        const ahead: Promise<AllIdsPage | null> =
          page.ids.length < IDS_A_PAGE && !page.cut ? Promise.resolve(null) : next(list, userId, page.oldest)
        ahead.catch(() => undefined)
        const piece = textOf(page.ids)
        collector.add(piece, page.ids.length)
        yield piece
        page = await ahead
      }
      collector.end()
    } finally {
      collector.drop()
    }
  }

  return {
    async page(list, userId, request) {
      const text = statementsOf(list)[oldestFirst(request) ? 'oldestFirst' : 'newestFirst']
      const page = await uncut(async () => {
        const params = parameters(userId, request.before, request.since, fetchLimit(request))
        const [row] = await graph.read(`lists/${list}/ids`, text, params)
        const [known, ids, cursors, cut] = row as [boolean, bigint[], bigint[], boolean]
        return known ? { ids, cursors, cut } : null
      })
      return page === null ? null : { ids: page.ids, paginationIds: page.cursors }
    },
    async all(list, userId) {
      const key = `${list} ${userId}`
      const known = memory.get(key)
      if (known !== undefined) {
        const fresh = await next(list, userId, MAX_CURSOR, known.newest)
        const renewed = fresh === null ? null : memory.renewed(key, known, fresh, fresh)
        const pieces = renewed === null ? null : memory.lend(renewed)
        if (pieces !== null) return pieces
        if (renewed === null) memory.forget(key)
      }
      const start = await next(list, userId, MAX_CURSOR)
      return start === null ? null : lean(read(list, userId, start))
    },
  }
}
