// Reads the rows of a list whose users match a search, and lists in the order of usernames or followers. Users are fetched afterwards.
import { monotonic } from '../clock.ts'
import { createLimited } from '../graph/batch.ts'
import type { Graph, Row } from '../graph/graph.ts'
import { ascending, type Queries, usedIn } from '../graph/queries.ts'
import { NOBODY } from '../users/search.ts'
import type { Search } from '../users/search-words.ts'
import type { Position } from './cursor.ts'
import {
  CURSOR_SORTS,
  type CursorSort,
  lengthStatement,
  matchesStatement,
  sortedStatement,
  walkStatement,
} from './list-search-statements.ts'
import { fetchLimit, oldestFirst, type PageRequest } from './page.ts'
import { COMMON_LISTS, isWalk, totalOf } from './page-statement.ts'

// To walk `short` rows costs less than to query the search index (6 ms). `maxRows` is the largest number of rows of a list, and of matches of
// a search, that are examined.
const BOUNDS = { short: 5_000n, maxRows: 20_000n }
// To look up a match in a list costs as much as to walk four rows of the list.
const LOOKUP_COST = 4n
/** The longest list that is sorted by username or followers. */
export const MOST_SORTED = 5_000n

/** One of a user's lists, and the viewer who asks for it. */
export type UserList = { list: string; userId: bigint; viewerId: bigint | null }

/** A row of a list: the user, the id of the relationship, and its date in seconds since 1970. */
export type MatchRow = [userId: bigint, paginationId: bigint, madeAt: bigint | null]
/** A row of a sorted list, with the key that it is sorted by. */
export type SortedRow = [...MatchRow, key: string | bigint]

/**
 * Up to one row more than the page, in the order fetched. `total` is the number of all matches, for lists that have a total. `complete`
 * is false if the list has so many rows, and the search so many matches, that not all of them were examined. `hidden`: the user hides lists.
 */
export type MatchPage = { rows: MatchRow[]; total: bigint | null; complete: boolean; hidden: boolean }

export type ListSearch = {
  /** The rows of a page that match; null if there is no such user. */
  matching(of: UserList, search: Search, request: PageRequest): Promise<MatchPage | null>
  /** Up to `limit` rows after a position, none if the list is `tooLong` to be sorted; null if there is no such user. A search filters them. */
  sorted(
    of: UserList,
    search: Search | null,
    order: { sort: CursorSort; after: Position; limit: number },
  ): Promise<{ rows: SortedRow[]; tooLong: boolean; hidden: boolean } | null>
}

type Degrees = Record<
  'following' | 'followers' | 'muted' | 'blocked' | 'followedByViewer' | 'requests' | 'requestsSent',
  bigint
>
const degreesOf = (row: Row): Degrees => {
  const [following, followers, muted, blocked, followedByViewer, requests, requestsSent] = row as bigint[]
  return { following, followers, muted, blocked, followedByViewer, requests, requestsSent } as Degrees
}
const smaller = (a: bigint, b: bigint) => (a < b ? a : b)

// An upper bound of the number of rows of a list, from degrees. The rows of a list that has no entry here are counted.
const LENGTHS: Record<string, (degrees: Degrees) => bigint> = {
  following: ({ following }) => following,
  followers: ({ followers }) => followers,
  muted: ({ muted }) => muted,
  blocked: ({ blocked }) => blocked,
  requests: ({ requests }) => requests,
  'requests-sent': ({ requestsSent }) => requestsSent,
  mutuals: ({ following, followers }) => smaller(following, followers),
  'followers-known': ({ followers, followedByViewer }) => smaller(followers, followedByViewer),
  'followers-unreciprocated': ({ followers }) => followers,
  'following-unreciprocated': ({ following }) => following,
}

/** The statements of a list, by the names that they have in metrics. Only lists with a file in cypher/among/ have `matches`. */
export function listSearchStatements(queries: Queries, list: string): Map<string, string> {
  const query = queries.get(`lists/${list}`)
  const total = totalOf(queries, list) !== undefined
  const statements = new Map([
    ['walk', walkStatement(query, total)],
    ['walk-oldest', walkStatement(ascending(query), total)],
  ])
  if (queries.names('among').includes(`among/${list}`))
    statements.set('matches', matchesStatement(queries.get(`among/${list}`), total))
  if (LENGTHS[list] === undefined) statements.set('length', lengthStatement(query))
  if (COMMON_LISTS.includes(list))
    for (const sort of CURSOR_SORTS) statements.set(sort, sortedStatement(query, sort))
  return statements
}

/** Parameters, in addition to those of lists and of the search, with which these statements return no row; for planning them ahead. */
export const MATCHES_NOTHING = {
  depth: 0n,
  bound: 0n,
  sign: 1n,
  after_username: '',
  after_followers: 0n,
  after_id: 0n,
}

type Params = Record<string, unknown>
/** Sends a statement of the request's list, or `degrees`, and returns the first row. */
type Ask = (name: string, params?: Params) => Promise<Row | undefined>
type Task = { of: UserList; params: Params; work: (ask: Ask) => Promise<unknown> }

const wordsOf = (search: Search | null) => ({
  username: search?.username ?? '',
  usernames: search?.usernames ?? [],
  names: search?.names ?? [],
  lucene: search?.lucene ?? '',
})

/** At most four requests at the same time; more would slow down the rest of the API. Only tests set `bounds`. */
export function createListSearch(graph: Pick<Graph, 'read'>, queries: Queries, bounds = BOUNDS): ListSearch {
  const { short, maxRows } = bounds
  const statements = new Map(
    queries.names('lists').map((name) => [name, listSearchStatements(queries, name.slice('lists/'.length))]),
  )
  const textOf = ({ list }: UserList, name: string) => statements.get(`lists/${list}`)?.get(name)
  const degrees = queries.get('relations/degrees').statement
  const tasks = createLimited<Task, unknown>({
    inFlight: 4,
    waiting: 500,
    run({ of, params, work }, leftMs) {
      const until = monotonic() + leftMs
      const base = { ...params, user_id: of.userId, viewer_id: of.viewerId ?? NOBODY }
      return work(async (name, more) => {
        const text = name === 'degrees' ? degrees : textOf(of, name)
        if (text === undefined) throw new Error(`the list ${of.list} has no statement ${name}`)
        const left = Math.max(1, until - monotonic())
        const full = name === 'degrees' ? 'relations/degrees' : `lists/${of.list}/${name}`
        return (await graph.read(full, text, usedIn(text, { ...base, ...more }), left))[0]
      })
    },
  })

  async function lengthOf({ list }: UserList, ask: Ask): Promise<{ length: bigint; hidden: boolean } | null> {
    const row = await ask('degrees')
    if (row === undefined) return null
    const known = LENGTHS[list]?.(degreesOf(row))
    const length = known ?? ((await ask('length', { depth: maxRows + 1n }))?.[0] as bigint)
    return { length, hidden: row.at(-1) === true }
  }

  async function searchPage(of: UserList, request: PageRequest, ask: Ask): Promise<MatchPage | null> {
    const known = await lengthOf(of, ask)
    return known && { ...(await searchList(of, known.length, request, ask)), hidden: known.hidden }
  }

  // docs/decisions/025 has the cases as a table.
  async function searchList(
    of: UserList,
    length: bigint,
    request: PageRequest,
    ask: Ask,
  ): Promise<Omit<MatchPage, 'hidden'>> {
    const oldest = oldestFirst(request)
    const walk = async (depth: bigint) => {
      const row = await ask(oldest ? 'walk-oldest' : 'walk', { depth })
      const [rows, total] = row as [MatchRow[], bigint | null]
      return { rows, total }
    }
    const lookUp = async (limit: bigint, bound: bigint) => {
      const row = await ask('matches', { most: limit, bound, sign: oldest ? -1n : 1n })
      const [count, rows, total] = row as [bigint, MatchRow[], bigint | null]
      return { count, rows, total }
    }
    const isLong = length > maxRows
    if (length <= short || textOf(of, 'matches') === undefined)
      return { ...(await walk(maxRows)), complete: !isLong }
    // A long list that combines two sets is not walked: the walk may read any number of relations before the next row of the list.
    const walks = isWalk(queries.get(`lists/${of.list}`))
    const isFull = ({ rows }: { rows: MatchRow[] }) => rows.length === fetchLimit(request)
    const near = walks ? await walk(short) : null
    if (near !== null && isFull(near))
      return { ...near, complete: !isLong || (await lookUp(maxRows + 1n, 0n)).count <= maxRows }
    const bound = isLong ? maxRows : length / LOOKUP_COST
    const { count, ...rest } = await lookUp(bound + 1n, bound)
    if (count <= bound) return { ...rest, complete: true }
    if (!isLong) return { ...(await walk(maxRows)), complete: true }
    const far = walks ? await walk(maxRows) : { rows: [], total: null }
    if (isFull(far)) return { ...far, complete: false }
    const best = await lookUp(maxRows, maxRows)
    return { rows: merged(far.rows, best.rows, request), total: best.total, complete: false }
  }

  return {
    matching(of, search, request) {
      const { before, since } = request
      const params = { ...wordsOf(search), before, since, limit: BigInt(fetchLimit(request)) }
      return tasks.add({ of, params, work: (ask) => searchPage(of, request, ask) }) as ReturnType<
        ListSearch['matching']
      >
    },
    sorted(of, search, { sort, after, limit }) {
      const params = {
        ...wordsOf(search),
        // The list may grow after its length was read.
        depth: 2n * MOST_SORTED,
        [`after_${sort}`]: after.key,
        after_id: after.id,
        limit: BigInt(limit),
      }
      const work = async (ask: Ask) => {
        const known = await lengthOf(of, ask)
        if (known === null) return null
        const tooLong = known.length > MOST_SORTED
        return { rows: tooLong ? [] : (await ask(sort))?.[0], tooLong, hidden: known.hidden }
      }
      return tasks.add({ of, params, work }) as ReturnType<ListSearch['sorted']>
    },
  }
}

/** The rows of both, each once, in the order of the page. */
function merged(some: MatchRow[], others: MatchRow[], request: PageRequest): MatchRow[] {
  const rows = [...new Map([...some, ...others].map((row) => [row[1], row])).values()]
  const newestFirst = rows.sort(([, a], [, b]) => (a < b ? 1 : -1))
  return (oldestFirst(request) ? newestFirst.reverse() : newestFirst).slice(0, fetchLimit(request))
}
