// Knows how pages of lists are read: grouped, several to a query.
import { type Batch, createBatch } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import { ascending, type Queries } from '../graph/queries.ts'
import type { Standing } from '../graph/standing.ts'
import type { Proof, ProofColumns } from '../tokens/recall.ts'
import { type Item, type ItemForm, type Sight, seen } from '../users/item.ts'
import type { Link } from '../users/mentions.ts'
import { createProfileMemory, type ProfileColumns, profilesStatement } from '../users/remembered-profiles.ts'
import type { Change, Done } from './changes.ts'
import { uncut } from './cut.ts'
import {
  createFollowsMemory,
  type FollowsColumns,
  idsOf,
  type KnownFollows,
  knownParameters,
  loadStatement,
} from './known-follows.ts'
import { fetchLimit, oldestFirst, type PageRequest } from './page.ts'
import { COMMON_LISTS, isWalk, type PageColumns, pageForm, pageStatement, totalOf } from './page-statement.ts'
import { createRecall } from './recalled-pages.ts'

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
  /** Whether the texts of profiles are asked for, remembered or not. */
  texts?: boolean
  /** Whom the viewer follows, as far as it was known when the page was asked for. */
  known?: KnownFollows | undefined
}

// Of ids of viewers' follows, some 60 bytes each, so many are remembered, or one for so many characters of profiles.
const LEAST_FOLLOWS = 200_000
const FOLLOWS_SHARE = 128

/** A row of `pageStatement`. */
type Answer = [
  n: bigint,
  page: PageColumns[] | null,
  sight: Sight,
  total: bigint | null,
  proof: ProofColumns,
  cut: boolean,
  follows: FollowsColumns | null,
]
type Found = {
  place: number
  rows: PageColumns[]
  sight: Sight
  total: bigint | null
  proof: ProofColumns
  cut: boolean
}

/** Rows in the order fetched, one more than the page; `total` counts the whole list where a file of cypher/totals/ does. */
export type FetchedPage = { rows: PageRow[]; total: bigint | null; cut: boolean }

export type Lists = {
  /** One page; null where there is no such user. */
  page(wish: PageWish): Promise<FetchedPage | null>
  /** A transaction of ours that changes relations is sent; what it gives is to be called when it is over, with what was done, or null. */
  changing(changes: Change[]): (done: Done[] | null) => void
  readonly waiting: number
}

/**
 * Pages go eight to a query, four queries at once (DESIGN.md section 1). Lists that combine two sets have a queue of
 * their own: a slow page of theirs holds back no page of a plain list.
 */
export function createLists(
  graph: Graph,
  queries: Queries,
  link: Link,
  standing: Standing,
  options: {
    /** Told how many pages each query carried, by kind: `pages` read, or `remembered` ones that one look at the graph was for. */
    observe?: ((kind: 'pages' | 'remembered', pages: number) => void) | undefined
    /** How many characters of profiles may be remembered, and as many bytes of pages; none by default. */
    profileMemory?: number | undefined
  } = {},
): Lists {
  const { observe, profileMemory = 0 } = options
  const statements = new Map<string, string>()
  const statement = (wish: PageWish): string => {
    const key = keyOf(wish)
    let text = statements.get(key)
    if (text === undefined) {
      const query = queries.get(`lists/${wish.list}`)
      text = pageStatement(
        oldestFirst(wish.request) ? ascending(query) : query,
        pageForm(wish.list, { viewer: wish.form.viewer, knows: wish.known !== undefined }),
        totalOf(queries, wish.list),
      )
      statements.set(key, text)
    }
    return text
  }
  const follows = createFollowsMemory(
    async (viewerId) => {
      const params = { viewer_id: viewerId }
      const [row] = await graph.read('lists/follows', loadStatement, params, undefined, standing.bookmark)
      return (row as [FollowsColumns] | undefined)?.[0] ?? null
    },
    () => standing.age,
    Math.max(LEAST_FOLLOWS, profileMemory / FOLLOWS_SHARE),
  )
  const profiles = createProfileMemory(
    async (ids, leftMs) =>
      (await graph.read(
        'lists/profiles',
        profilesStatement,
        { batch: { ids, texts: true } },
        leftMs,
      )) as ProfileColumns[],
    profileMemory,
  )
  const recall = createRecall(graph, standing, profiles, follows, {
    most: profileMemory,
    observe: observe && ((pages) => observe('remembered', pages)),
  })
  const queue = (size: number, inFlight: number): Batch<PageWish, FetchedPage | null | 'stale'> =>
    createBatch({
      size,
      inFlight,
      waiting: 2_000,
      key: (wish) => `${keyOf(wish)} ${wish.form.annotations} ${fetchLimit(wish.request)}`,
      async run(wishes, leftMs) {
        const [first] = wishes as [PageWish]
        const until = performance.now() + leftMs
        const rows = wishes.map((wish, n) => ({
          n: BigInt(n),
          user_id: wish.userId,
          viewer_id: wish.viewerId,
          before: wish.request.before,
          since: wish.request.since,
          hash: wish.proof?.hash ?? null,
          ...(wish.known === undefined ? {} : knownParameters(wish.known)),
        }))
        const results: (FetchedPage | null | 'stale')[] = new Array(wishes.length).fill(null)
        const limit = BigInt(fetchLimit(first.request))
        const { annotations } = first.form
        const texts = annotations || profiles.wanted || wishes.some((wish) => wish.texts === true)
        const taking = recall.taking()
        const answer = await graph.read(
          `lists/${first.list}`,
          statement(first),
          { batch: { rows, texts, annotations }, limit },
          leftMs,
          taking.bookmark,
        )
        const found: Found[] = []
        for (const [n, rows, sight, total, proof, cut, followed] of answer as Answer[]) {
          const place = Number(n)
          const { proof: told, known, viewerId } = wishes[place] as PageWish
          told?.check(proof)
          if (rows === null) continue
          if (known === undefined || follows.holds(viewerId as bigint, known, followed as FollowsColumns))
            found.push({ place, rows, sight, total, proof, cut })
          else results[place] = 'stale'
        }
        const all = found.flatMap(({ rows }) => rows)
        await profiles.complete(all, Math.max(1, until - performance.now()))
        for (const { place, rows, sight, total, proof, cut } of found) {
          const wish = wishes[place] as PageWish
          const shown = rows.flatMap(rowOf)
          if (shown.length < rows.length) {
            results[place] = 'stale'
            continue
          }
          const items = shown.map(([item]) => item)
          if (wish.form.viewer) seen(items, sight, wish.known && idsOf(wish.known))
          results[place] = { rows: shown, total, cut }
          recall.take(wish, { proof, page: cut ? null : rows, sight }, taking)
        }
        return results
      },
      ...(observe === undefined ? {} : { observe: (items: number) => observe('pages', items) }),
    })
  const walks = queue(8, 4)
  const others = queue(4, 2)
  const linked = (page: FetchedPage) =>
    link(
      page.rows.map(([item]) => item),
      page,
    )

  return {
    changing: recall.changing,
    async page(wish) {
      const again = await recall.page(wish)
      if (again !== undefined) return linked(again)
      const queue = isWalk(queries.get(`lists/${wish.list}`)) ? walks : others
      const remembers = wish.viewerId !== null && COMMON_LISTS.includes(wish.list)
      let known = remembers ? follows.get(wish.viewerId as bigint) : undefined
      const page = await uncut(async () => {
        const answered = await queue.add({ ...wish, known })
        if (answered !== 'stale') return answered
        known = undefined
        const whole = await queue.add({ ...wish, texts: true })
        return whole === 'stale' ? CUT : whole
      })
      return page === null ? null : linked(page)
    },
    get waiting() {
      return recall.waiting + walks.length + others.length
    },
  }
}

// What decides the statement of a page.
const keyOf = ({ list, form, known, request }: PageWish): string =>
  `${list} ${oldestFirst(request)} ${form.viewer} ${known !== undefined}`

// Of a user who went while the page was read.
const CUT: FetchedPage = { rows: [], total: null, cut: true }

// None of a user that could not be told of.
const rowOf = ([, , told, following, followers, paginationId, madeAt]: PageColumns): PageRow[] =>
  told === null ? [] : [[[told[0], following, followers, told[1], told[2]], paginationId, madeAt]]
