// Knows the bulk change: POST follows, many follows and unfollows in one transaction, a verdict an entry.
import type { Api } from '../api.ts'
import { type Answer, RawJson } from '../http/answer.ts'
import type { Body } from '../http/body.ts'
import type { Call } from '../http/call.ts'
import { badRequest, unauthorized } from '../http/errors.ts'
import { resolveOrNull } from '../users/handlers.ts'
import { showOf, viewerOf } from '../users/show.ts'
import { userJson } from '../users/view.ts'
import type { Change } from './changes.ts'
import { refusal } from './verdict.ts'

const MOST_ENTRIES = 200
const ENTRIES = { type: 'array', items: { type: 'string' }, maxItems: MOST_ENTRIES }

/** The body's JSON schema, for the documentation; what is refused is told by `entriesOf`. */
export const FOLLOWS = {
  type: 'object',
  description:
    'Whom to follow and whom no longer, each an id, @username or me; together at most 200. First the follows, then the unfollows.',
  properties: { follow: ENTRIES, unfollow: ENTRIES },
}

type Entry = { kind: 'follow' | 'unfollow'; target: string }

/** The entries of a body, follows first; 400 where it is no object, an entry is no string, or there are over 200. */
export function entriesOf(body: Body): Entry[] {
  const value = body.type === 'json' ? body.value : null
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest(
      'the body must be a JSON object with "follow", "unfollow" or both: lists of ids or @usernames.',
    )
  }
  const given = value as Record<string, unknown>
  const entries = (['follow', 'unfollow'] as const).flatMap((kind): Entry[] => {
    const targets = Object.hasOwn(given, kind) ? given[kind] : []
    if (!Array.isArray(targets)) throw badRequest(`${kind} must be a list of ids or @usernames.`)
    return targets.map((target: unknown) => {
      if (typeof target !== 'string')
        throw badRequest(`every entry of ${kind} must be a string: an id or a @username.`)
      return { kind, target }
    })
  })
  if (entries.length > MOST_ENTRIES) {
    throw badRequest(
      `follow and unfollow hold ${entries.length} entries together; send at most ${MOST_ENTRIES}.`,
    )
  }
  return entries
}

/** How many writes a call counts as: one an entry, and one where it is refused or empty. */
export function writesOf(call: Call): number {
  try {
    return Math.max(1, entriesOf(call.body).length)
  } catch {
    return 1
  }
}

/** `POST follows`: one transaction, one result an entry; entries that cannot be done leave the others alone. */
export async function changeFollows(api: Api, call: Call): Promise<Answer> {
  const entries = entriesOf(call.body)
  const show = showOf(call.query)
  const viewer = viewerOf(call)
  if (viewer === null || call.token === null)
    throw new Error('a bulk change needs a user token: see routes.ts')
  const { maxFollowing } = call.token
  const targets = await Promise.all(entries.map(({ target }) => resolveOrNull(api, call, target)))
  const wishes = entries.map(
    ({ kind }, place): Change => ({
      kind,
      viewerId: viewer.id,
      targetId: targets[place] ?? null,
      maxFollowing,
      annotations: show.annotations,
    }),
  )
  const outcomes = await api.changes.commit(wishes)
  const results = outcomes.map(({ verdict, item }, place) => {
    const { kind, target } = entries[place] as Entry
    // Nobody is left to act for: that is no verdict on an entry.
    if (verdict === 'unauthorized') throw unauthorized('invalid-token', 'The token is not valid.')
    if (verdict === 'done' && item !== null) return `{"user":${userJson(item, viewer, show)}}`
    const { status, slug, message } = refusal(kind, verdict === 'done' ? 'not-found' : verdict)
    return JSON.stringify({ target, code: status, error_slug: slug, error_message: message })
  })
  return { data: new RawJson(`[${results.join(',')}]`) }
}
