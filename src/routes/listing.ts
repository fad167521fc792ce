// Handles the options of a list beside its page: a search (q), an order (sort) and the cursor of an order.
import { retryUntilComplete } from '../graph/retry-until-complete.ts'
import { badRequest } from '../http/errors.ts'
import { single } from '../http/params.ts'
import type { Parts } from '../parts.ts'
import { cursorText, positionOf, startOf } from '../relations/cursor.ts'
import type { ListRequest, PageRow } from '../relations/list-page.ts'
import { type MatchRow, MOST_SORTED, type SortedRow } from '../relations/list-search.ts'
import { CURSOR_SORTS, type CursorSort } from '../relations/list-search-statements.ts'
import { fetchLimit, link, type PageRequest, pageLinks, pageMeta, pageOf } from '../relations/page.ts'
import { COMMON_LISTS } from '../relations/page-statement.ts'
import type { Item } from '../users/item.ts'
import type { Search } from '../users/search-words.ts'
import { searchIn } from './search.ts'

/** The values of the parameter sort. */
export const SORTS = ['newest', 'oldest', ...CURSOR_SORTS] as const
type Sort = (typeof SORTS)[number]

/** The options of a request for a list. `cursor` is the text that the caller sent. */
export type Listing = { sort: Sort; search: Search | null; cursor: string | undefined }

/** A page as the caller gets it: its rows in order, the keys of `meta`, and the Link header. */
export type Listed = {
  rows: PageRow[]
  meta: Record<string, unknown>
  link: string | undefined
  /** Whether the user hides lists. */
  hidden: boolean
}

const NO_SORT = 'the parameter sort is for the lists following and followers only.'
// `meta.complete` is sent only if it is false.
const completeness = (complete: boolean) => (complete ? {} : { complete })
const hasCursor = (sort: Sort): sort is CursorSort => CURSOR_SORTS.some((one) => one === sort)

/** Reads q, sort and cursor; throws a 400 for parameters that cannot be combined. */
export function listingOf(list: string, query: URLSearchParams, request: PageRequest): Listing {
  const search = searchIn(query)
  const text = single(query, 'sort')
  if (!COMMON_LISTS.includes(list)) {
    if (text !== undefined) throw badRequest(NO_SORT)
    return { sort: 'newest', search, cursor: undefined }
  }
  const sort = SORTS.find((one) => one === (text ?? 'newest'))
  if (sort === undefined) throw badRequest(`the parameter sort must be one of ${SORTS.join(', ')}.`)
  const cursor = single(query, 'cursor')
  if (cursor !== undefined && !hasCursor(sort))
    throw badRequest('the parameter cursor belongs to sort=username and sort=followers; send that as well.')
  if (sort !== 'newest' && request.count < 0)
    throw badRequest(
      `the parameter count must not be negative with sort=${sort}; go on by ${hasCursor(sort) ? 'cursor' : 'since_id'}.`,
    )
  if (hasCursor(sort) && (query.has('before_id') || query.has('since_id')))
    throw badRequest(`before_id and since_id do not go with sort=${sort}; go on by cursor.`)
  return { sort, search, cursor }
}

/** Reads a page with these options; null if there is no such user. `check` throws if the caller may not see a hidden list. */
export async function listed(
  parts: Parts,
  asked: ListRequest,
  { sort, search, cursor }: Listing,
  query: URLSearchParams,
  check: (hidden: boolean) => void,
): Promise<Listed | null> {
  if (hasCursor(sort)) return listedByKey(parts, asked, { sort, search, cursor }, query, check)
  // A negative count returns the same rows, the oldest, but newest first.
  const request = sort === 'oldest' ? { ...asked.request, count: -asked.request.count } : asked.request
  const page = await pageIn(parts, { ...asked, request }, search)
  if (page === null) return null
  const { rows, more, hidden } = page
  const ids = rows.map((row) => row[1])
  const meta = {
    ...pageMeta(ids, more),
    ...(page.total === null ? {} : { total: Number(page.total) }),
    ...completeness(page.complete),
  }
  if (sort === 'newest') return { rows, meta, link: pageLinks(request, ids, more, query), hidden }
  const [newest] = ids
  const next = more && newest !== undefined ? link('next', query, { since_id: String(newest) }) : undefined
  return { rows: rows.reverse(), meta, link: next, hidden }
}

type Page = { rows: PageRow[]; more: boolean; total: bigint | null; complete: boolean; hidden: boolean }

async function pageIn(parts: Parts, asked: ListRequest, search: Search | null): Promise<Page | null> {
  const { request } = asked
  if (search !== null)
    return withUsers(parts, asked, async () => {
      const found = await parts.listSearch.matching(asked, search, request)
      return found && { ...found, ...pageOf(request, found.rows) }
    })
  const fetched = await parts.lists.page(asked)
  return fetched && { ...fetched, ...pageOf(request, fetched.rows), complete: true }
}

async function listedByKey(
  parts: Parts,
  asked: ListRequest,
  { sort, search, cursor }: Listing & { sort: CursorSort },
  query: URLSearchParams,
  check: (hidden: boolean) => void,
): Promise<Listed | null> {
  const { list, userId, request } = asked
  const order = { list, userId, sort }
  const after = cursor === undefined ? startOf(sort) : positionOf(order, cursor)
  if (after === null)
    throw badRequest(
      'the parameter cursor is none of this list and sort; send meta.next_cursor of the page before, unchanged.',
    )
  const page = await withUsers(parts, asked, async () => {
    const found = await parts.listSearch.sorted(asked, search, { sort, after, limit: fetchLimit(request) })
    if (found?.tooLong) {
      // Before the 400, which would tell how long the hidden list is.
      check(found.hidden)
      throw badRequest(
        `a list of over ${MOST_SORTED} rows cannot be sorted by ${sort}; leave the parameter sort out, or send sort=oldest.`,
        'list-too-long',
      )
    }
    return found && { ...found, ...pageOf(request, found.rows), last: found.rows[request.count - 1] }
  })
  if (page === null) return null
  const { rows, more, last, hidden } = page
  if (!more || last === undefined) return { rows, meta: { more }, link: undefined, hidden }
  const next = cursorText(order, { key: last[3], id: last[1] })
  return { rows, meta: { more, next_cursor: next }, link: link('next', query, { cursor: next }), hidden }
}

/** Adds the users to the rows of a page. If a user was deleted in the meantime, it reads again, so that a page is full whenever `more` is true. */
async function withUsers<Found extends { rows: MatchRow[] | SortedRow[] }>(
  parts: Parts,
  { viewerId, form }: ListRequest,
  find: () => Promise<Found | null>,
): Promise<(Omit<Found, 'rows'> & { rows: PageRow[] }) | null> {
  const { found, items } = await retryUntilComplete(
    async () => {
      const found = await find()
      const ids = (found?.rows ?? []).map(([userId]) => userId)
      return { found, items: ids.length === 0 ? [] : await parts.users.fetch(ids, viewerId, form) }
    },
    ({ found, items }) => items.length === (found?.rows.length ?? 0),
  )
  if (found === null) return null
  const rows = found.rows.map(([userId, id, madeAt], n): PageRow => [items[n] as Item, id, madeAt, userId])
  return { ...found, rows }
}

/** Reads q of a call for ids; throws a 400 if it has a sort. */
export function idsSearch(query: URLSearchParams): Search | null {
  if (query.has('sort')) throw badRequest('ids are listed newest first only; leave the parameter sort out.')
  return searchIn(query)
}

type IdsListed = {
  rows: (readonly [userId: bigint, paginationId: bigint, ...unknown[]])[]
  more: boolean
  meta: Record<string, unknown>
  hidden: boolean
}

/** A page of ids, newest first; null if there is no such user. */
export async function idsPage(
  parts: Parts,
  { list, userId }: { list: string; userId: bigint },
  request: PageRequest,
  search: Search | null,
): Promise<IdsListed | null> {
  if (search !== null) {
    const found = await parts.listSearch.matching({ list, userId, viewerId: null }, search, request)
    return found && { ...found, ...pageOf(request, found.rows), meta: completeness(found.complete) }
  }
  const fetched = await parts.ids.page(list, userId, request)
  if (fetched === null) return null
  const rows = fetched.ids.map((id, index) => [id, fetched.paginationIds[index] as bigint] as const)
  return { ...pageOf(request, rows), meta: {}, hidden: fetched.hidden }
}
