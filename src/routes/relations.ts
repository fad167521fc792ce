// Makes the handlers of lists and of changes of relations, each from the name of its query.

import { isoTextOrNull } from '../graph/values.ts'
import { RawJson } from '../http/answer.ts'
import { ApiError } from '../http/errors.ts'
import { integer } from '../http/params.ts'
import type { Parts } from '../parts.ts'
import type { Change, ChangeKind } from '../relations/changes.ts'
import type { PageRow } from '../relations/list-page.ts'
import { MAX_CURSOR, type PageRequest, pageLinks, pageMeta } from '../relations/page.ts'
import { refusal } from '../relations/verdict.ts'
import { showOf } from '../users/show.ts'
import { noSuchUser } from '../users/users.ts'
import { itemForm, openUserJson, userJson } from '../users/view.ts'
import { type Call, viewerOf } from './call.ts'
import { idsPage, idsSearch, listed, listingOf } from './listing.ts'
import type { Handler } from './route.ts'

/** The pagination parameters of a call; `count` is from -maxCount to maxCount. */
export function pageRequest(query: URLSearchParams, maxCount: bigint): PageRequest {
  const count = Number(integer(query, 'count', 20n, -maxCount, maxCount))
  return {
    before: integer(query, 'before_id', MAX_CURSOR, 0n, MAX_CURSOR),
    since: integer(query, 'since_id', 0n, 0n, MAX_CURSOR),
    count,
  }
}

/** The id of the user in the path, or of the caller where the path names none; with `own` throws a 403 for other users. */
async function subject(parts: Parts, call: Call, own = false): Promise<bigint> {
  const id = await parts.users.resolve(call.params.user_id ?? 'me', call.token)
  if (own && call.token?.user != null && call.token.user.id !== id) {
    throw new ApiError('forbidden', 'Forbidden: this list is shown to its own user and to apps only.')
  }
  return id
}

/** Throws a 403 if the user hides lists and the caller is neither that user nor an app of the account system. */
function checkShown(call: Call, userId: bigint, hidden: boolean): void {
  if (!hidden || call.token?.user?.id === userId) return
  if (call.token?.kind === 'app' && call.token.scopes.includes('provision')) return
  throw new ApiError('list-hidden', 'Forbidden: this user shows their lists to nobody else.')
}

type ListOptions = {
  /** The key of each item's date. */
  at?: string
  /** Only the user and apps may read it. */
  own?: boolean
  /** It is not hidden by `hides_lists`. */
  open?: boolean
}

/** A paginated list of Users, from `cypher/lists/<name>.cypher`. */
export function list(name: string, options: ListOptions = {}): Handler {
  const at = options.at ?? 'followed_at'
  return async (parts, call) => {
    const request = pageRequest(call.query, 200n)
    const listing = listingOf(name, call.query, request)
    const show = showOf(call.query)
    const viewer = viewerOf(call)
    const userId = await subject(parts, call, options.own)
    const form = itemForm(viewer, show)
    const listRequest = { list: name, userId, viewerId: viewer?.id ?? null, form, request }
    const check = (hidden: boolean) => {
      if (!options.own && !options.open) checkShown(call, userId, hidden)
    }
    const page = await listed(parts, listRequest, listing, call.query, check)
    if (page === null) throw noSuchUser()
    check(page.hidden)
    const item = (row: PageRow) =>
      `${openUserJson(row[0], viewer, show)},"pagination_id":"${row[1]}","${at}":${isoOrNull(row[2])}}`
    const headers = page.link === undefined ? {} : { Link: page.link }
    return { data: new RawJson(`[${page.rows.map(item).join(',')}]`), meta: page.meta, headers }
  }
}

function isoOrNull(seconds: bigint | null): string {
  const text = isoTextOrNull(seconds)
  return text === null ? 'null' : `"${text}"`
}

/** The whole list of ids as a stream, or one page if there is a pagination parameter or a search. */
export function ids(name: string): Handler {
  return async (parts, call) => {
    const search = idsSearch(call.query)
    const paged = search !== null || ['count', 'before_id', 'since_id'].some((key) => call.query.has(key))
    const request = paged ? pageRequest(call.query, 5_000n) : null
    const userId = await subject(parts, call)
    if (request === null) {
      const all = await parts.ids.all(name, userId)
      if (all === null) throw noSuchUser()
      checkShown(call, userId, all.hidden)
      return { stream: all.ids }
    }
    const page = await idsPage(parts, { list: name, userId }, request, search)
    if (page === null) throw noSuchUser()
    checkShown(call, userId, page.hidden)
    const ids = page.rows.map(([, id]) => id)
    const text = page.rows.length === 0 ? '[]' : `["${page.rows.map(([id]) => id).join('","')}"]`
    const link = pageLinks(request, ids, page.more, call.query)
    return {
      data: new RawJson(text),
      meta: { ...pageMeta(ids, page.more), ...page.meta },
      headers: link === undefined ? {} : { Link: link },
    }
  }
}

/** A change of the caller's relation to a user; answers with the User after the change. */
export function change(kind: ChangeKind): Handler {
  return async (parts, call) => {
    const show = showOf(call.query)
    const viewer = viewerOf(call)
    if (viewer === null || call.token === null)
      throw new Error('a change needs a user token: see routes/table.ts')
    const targetId = await subject(parts, call)
    const { maxFollowing } = call.token
    const { annotations } = show
    const clientId = call.token.app.client_id
    const requested: Change = { kind, viewerId: viewer.id, targetId, maxFollowing, clientId, annotations }
    const [outcome] = await parts.changes.commit([requested])
    if (outcome === undefined || outcome.verdict !== 'done' || outcome.item === null) {
      throw refusal(kind, outcome?.verdict ?? 'not-found')
    }
    const updatedViewer = { id: viewer.id, type: outcome.viewerType }
    return { data: new RawJson(userJson(outcome.item, updatedViewer, show)) }
  }
}
