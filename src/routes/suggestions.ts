// The handler of GET users/me/suggestions: users whom the caller could follow.
import { type Answer, RawJson } from '../http/answer.ts'
import { integer } from '../http/params.ts'
import type { Parts } from '../parts.ts'
import { showOf } from '../users/show.ts'
import { openUserJson } from '../users/view.ts'
import { type Call, viewerOf } from './call.ts'

const MAX_COUNT = 200n

/** `GET users/me/suggestions`: unpaged; `count` from 1 to 200, all 200 by default. */
export async function showSuggestions(parts: Parts, call: Call): Promise<Answer> {
  const count = Number(integer(call.query, 'count', MAX_COUNT, 1n, MAX_COUNT))
  const show = showOf(call.query)
  const viewer = viewerOf(call)
  if (viewer === null) throw new Error('suggestions need a user token: see routes/table.ts')
  const found = await parts.suggestions.for(viewer.id, count, show.annotations)
  const texts = found.map(
    ([item, known]) => `${openUserJson(item, viewer, show)},"known_followers":${known}}`,
  )
  return { data: new RawJson(`[${texts.join(',')}]`) }
}
