// Makes the handlers of lists and of changes of relations, each from the name of its query.

import { isoText } from '../graph/values.ts'
import { type Answer, RawJson } from '../http/answer.ts'
import { ApiError } from '../http/errors.ts'
import { integer } from '../http/params.ts'
import type { Parts } from '../parts.ts'
import type { Change, ChangeKind } from '../relations/changes.ts'
import type { PageRow } from '../relations/list-page.ts'
import { MAX_CURSOR, type PageRequest, pageLinks, pageMeta, pageOf } from '../relations/page.ts'
import { refusal } from '../relations/verdict.ts'
import { showOf } from '../users/show.ts'
import { noSuchUser } from '../users/users.ts'
import { itemForm, openUserJson, userJson } from '../users/view.ts'
import { type Call, viewerOf } from './call.ts'
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

/** The id of the user in the path; with `own` throws a 403 for other users. */
async function subject(parts: Parts, call: Call, own = false): Promise<bigint> {
  const id = await parts.users.resolve(call.params.user_id as string, call.token)
  if (own && call.token?.user != null && call.token.user.id !== id) {
    throw new ApiError('forbidden', 'Forbidden: this list is shown to its own user and to apps only.')
  }
  return id
}

/** A paginated list of Users, from `cypher/lists/<name>.cypher`. `at` is the key of each item's date. */
export function list(name: string, options: { at?: string; own?: boolean } = {}): Handler {
  const at = options.at ?? 'followed_at'
  return async (parts, call) => {
    const request = pageRequest(call.query, 200n)
    const show = showOf(call.query)
    const viewer = viewerOf(call)
    const userId = await subject(parts, call, options.own)
    const form = itemForm(viewer, show)
    const listRequest = { list: name, userId, viewerId: viewer?.id ?? null, form, request }
    const fetched = await parts.lists.page(listRequest)
    if (fetched === null) throw noSuchUser()
    const { rows, more } = pageOf(request, fetched.rows)
    const item = (row: PageRow) =>
      `${openUserJson(row[0], viewer, show)},"pagination_id":"${row[1]}","${at}":${isoOrNull(row[2])}}`
    const ids = rows.map((row) => row[1])
    const total = fetched.total === null ? {} : { total: Number(fetched.total) }
    return pageAnswer(call, request, `[${rows.map(item).join(',')}]`, ids, more, total)
  }
}

const isoOrNull = (seconds: bigint | null): string => (seconds === null ? 'null' : `"${isoText(seconds)}"`)

function pageAnswer(
  call: Call,
  request: PageRequest,
  text: string,
  ids: bigint[],
  more: boolean,
  meta = {},
): Answer {
  const link = pageLinks(request, ids, more, call.query)
  return {
    data: new RawJson(text),
    meta: { ...pageMeta(ids, more), ...meta },
    headers: link === undefined ? {} : { Link: link },
  }
}

/** The whole list of ids as a stream, or one page if there is a pagination parameter. */
export function ids(name: string): Handler {
  return async (parts, call) => {
    const paged = ['count', 'before_id', 'since_id'].some((key) => call.query.has(key))
    const request = paged ? pageRequest(call.query, 5_000n) : null
    const userId = await subject(parts, call)
    if (request === null) {
      const stream = await parts.ids.all(name, userId)
      if (stream === null) throw noSuchUser()
      return { stream }
    }
    const fetched = await parts.ids.page(name, userId, request)
    if (fetched === null) throw noSuchUser()
    const rows = fetched.ids.map((id, index) => [id, fetched.paginationIds[index] as bigint] as const)
    const page = pageOf(request, rows)
    const text = page.rows.length === 0 ? '[]' : `["${page.rows.map(([id]) => id).join('","')}"]`
    return pageAnswer(
      call,
      request,
      text,
      page.rows.map(([, id]) => id),
      page.more,
    )
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
    const requested: Change = { kind, viewerId: viewer.id, targetId, maxFollowing, annotations }
    const [outcome] = await parts.changes.commit([requested])
    if (outcome === undefined || outcome.verdict !== 'done' || outcome.item === null) {
      throw refusal(kind, outcome?.verdict ?? 'not-found')
    }
    const updatedViewer = { id: viewer.id, type: outcome.viewerType }
    return { data: new RawJson(userJson(outcome.item, updatedViewer, show)) }
  }
}
