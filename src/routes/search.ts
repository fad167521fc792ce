// The handler of GET users/search, which finds users by the first letters of the words of their names.
import { type Answer, RawJson } from '../http/answer.ts'
import { badRequest } from '../http/errors.ts'
import { integer, single } from '../http/params.ts'
import type { Parts } from '../parts.ts'
import { MAX_QUERY, type Search, searchOf } from '../users/search-words.ts'
import { showOf } from '../users/show.ts'
import { itemForm, userJson } from '../users/view.ts'
import { type Call, viewerOf } from './call.ts'

const DEFAULT_COUNT = 20n
const MAX_COUNT = 200n

/** The search of the parameter q, null if there is none; throws a 400 if it is too long or has no word. */
export function searchIn(query: URLSearchParams): Search | null {
  const text = single(query, 'q')
  if (text === undefined) return null
  if ([...text].length > MAX_QUERY)
    throw badRequest(`the parameter q is longer than any name; send at most ${MAX_QUERY} characters.`)
  const search = searchOf(text)
  if (search === null) throw badRequest('the parameter q holds no word; send letters or digits.')
  return search
}

/** `GET users/search`: unpaged; `count` from 1 to 200, 20 by default. */
export async function searchUsers(parts: Parts, call: Call): Promise<Answer> {
  const count = Number(integer(call.query, 'count', DEFAULT_COUNT, 1n, MAX_COUNT))
  const search = searchIn(call.query)
  if (search === null)
    throw badRequest('the parameter q is missing; send the beginning of a name or a username.')
  const show = showOf(call.query)
  const viewer = viewerOf(call)
  const ids = await parts.search.find(search, viewer?.id ?? null, count)
  const items =
    ids.length === 0 ? [] : await parts.users.fetch(ids, viewer?.id ?? null, itemForm(viewer, show))
  return { data: new RawJson(`[${items.map((item) => userJson(item, viewer, show)).join(',')}]`) }
}
