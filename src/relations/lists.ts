// Knows how pages of lists are read: grouped, several to a query.
import { type Batch, createBatch } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import { ascending, newestFirst, perRow, type Queries, type Query } from '../graph/queries.ts'
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
import {
  createProfileMemory,
  isOpen,
  type OpenItem,
  type ProfileColumns,
  profileExpression,
  profilesStatement,
} from '../users/remembered-profiles.ts'
import { lookBeyond, uncut } from './cut.ts'
import {
  createFollowsMemory,
  type FollowsColumns,
  type KnownFollows,
  knownParameters,
  loadStatement,
  proofOfFollows,
} from './known-follows.ts'
import { fetchLimit, oldestFirst, type PageRequest } from './page.ts'
import { GRAPH_ERA } from './remembered.ts'

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

/** Rows in the order fetched, one more than the page; `total` counts the whole list where a file of cypher/totals/ does. */
export type FetchedPage = { rows: PageRow[]; total: bigint | null; cut: boolean }

export type Lists = {
  /** One page; null where there is no such user. */
  page(wish: PageWish): Promise<FetchedPage | null>
  readonly waiting: number
}

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
  const beyond = isWalk(query)
    ? lookBeyond(query, 'row, ids, edge', 'edge', (name) => `row.${name}`)
    : 'WITH *, 0 AS beyond'
  const columns: Record<(typeof PAGE_COLUMNS)[number], string> = {
    n: 'row.n',
    page: 'CASE WHEN owner IS NULL THEN null ELSE page END',
    sight: sightExpression(viewer, 'ids', !knows),
    total: total === undefined ? 'null' : 'total',
    proof: 'proof',
    cut: 'beyond > 0',
    follows: 'follows',
  }
  return `${knows ? `WITH ${GRAPH_ERA} AS graph_era\n` : ''}UNWIND $batch.rows AS row
OPTIONAL MATCH (owner:User {id: row.user_id})
OPTIONAL MATCH (token:Token {hash: row.hash})
${viewerClause(viewer, `row, owner, ${proofExpression(viewer)} AS proof, ${knows ? proofOfFollows : 'null'} AS follows`)}
CALL (row) {
  CALL (row) { ${body} }
  RETURN collect([${itemExpression(profileExpression('$batch.texts'))}, pagination_id, CASE WHEN made_at IS :: ZONED DATETIME THEN made_at.epochSeconds END]) AS page,
    collect(user_id) AS ids, ${last}(pagination_id) AS edge
}
${beyond}${count}
RETURN ${PAGE_COLUMNS.map((name) => `${columns[name]} AS ${name}`).join(', ')}`
}

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
  options: {
    /** Told how many pages each query carried. */
    observe?: ((pages: number) => void) | undefined
    /** How many characters of profiles may be remembered; none by default. */
    profileMemory?: number | undefined
  } = {},
): Lists {
  const { observe } = options
  const statements = new Map<string, string>()
  const statement = (wish: PageWish): string => {
    const key = `${wish.list} ${oldestFirst(wish.request)} ${wish.form.viewer} ${wish.known !== undefined}`
    let text = statements.get(key)
    if (text === undefined) {
      const query = queries.get(`lists/${wish.list}`)
      text = pageStatement(
        oldestFirst(wish.request) ? ascending(query) : query,
        formOf(wish),
        totalOf(queries, wish.list),
      )
      statements.set(key, text)
    }
    return text
  }
  const follows = createFollowsMemory(async (viewerId) => {
    const [row] = await graph.read('lists/follows', loadStatement, { viewer_id: viewerId })
    return (row as [FollowsColumns] | undefined)?.[0] ?? null
  })
  const profiles = createProfileMemory(
    async (ids, leftMs) =>
      (await graph.read('lists/profiles', profilesStatement, { batch: { ids } }, leftMs)) as [
        bigint,
        ProfileColumns,
      ][],
    options.profileMemory ?? 0,
  )
  const queue = (size: number, inFlight: number): Batch<PageWish, FetchedPage | null | 'stale'> =>
    createBatch({
      size,
      inFlight,
      waiting: 2_000,
      key: ({ list, form, known, request }) =>
        `${list} ${oldestFirst(request)} ${form.viewer} ${form.annotations} ${known !== undefined} ${fetchLimit(request)}`,
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
        const texts = wishes.some((wish) => wish.texts === true) || profiles.wanted
        const answer = await graph.read(
          `lists/${first.list}`,
          statement(first),
          { batch: { rows, texts, annotations: first.form.annotations }, limit },
          leftMs,
        )
        const found: { place: number; rows: PageRow[]; sight: unknown; total: unknown; cut: unknown }[] = []
        for (const [n, rows, sight, total, proof, cut, followed] of answer) {
          const place = Number(n)
          const { proof: told, known, viewerId } = wishes[place] as PageWish
          told?.check(proof as ProofColumns)
          if (rows === null) continue
          if (known === undefined || follows.holds(viewerId as bigint, known, followed as FollowsColumns))
            found.push({ place, rows: rows as PageRow[], sight, total, cut })
          else results[place] = 'stale'
        }
        const open = found.flatMap(({ rows }) => rows.map(([item]) => item as unknown as OpenItem))
        await profiles.close(open, Math.max(1, until - performance.now()))
        for (const { place, rows, sight, total, cut } of found) {
          const items = rows.map(([item]) => item)
          if (items.some(isOpen)) results[place] = 'stale'
          else {
            const { form, known } = wishes[place] as PageWish
            if (form.viewer) seen(items, sight, known && idsOf(known))
            results[place] = { rows, total: total as bigint | null, cut: cut as boolean }
          }
        }
        return results
      },
      ...(observe === undefined ? {} : { observe }),
    })
  const walks = queue(8, 4)
  const others = queue(4, 2)

  return {
    async page(wish) {
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
      return page === null
        ? null
        : link(
            page.rows.map(([item]) => item),
            page,
          )
    },
    get waiting() {
      return walks.length + others.length
    },
  }
}

// Of a user who went while the page was read.
const CUT: FetchedPage = { rows: [], total: null, cut: true }

const idsOf = ({ followed, followers }: KnownFollows) => ({
  followed: followed.ids,
  followers: followers.ids,
})

// The statement of a page that a list has for such a wish; a rare list's asks for a viewer that may be nobody.
const formOf = ({ list, form, known }: PageWish): PageForm => ({
  viewer: form.viewer || !COMMON_LISTS.includes(list),
  knows: known !== undefined,
})
