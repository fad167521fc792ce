// The handler of POST follows: many follows and unfollows in one transaction, with a result per entry.

import { type Answer, RawJson } from '../http/answer.ts'
import type { Body } from '../http/body.ts'
import { badRequest, unauthorized } from '../http/errors.ts'
import { bodyCheck } from '../http/schema.ts'
import type { Parts } from '../parts.ts'
import type { Change } from '../relations/changes.ts'
import { refusal } from '../relations/verdict.ts'
import { showOf } from '../users/show.ts'
import { userJson } from '../users/view.ts'
import { type Call, viewerOf } from './call.ts'
import { resolveOrNull } from './users.ts'

const MAX_ENTRIES = 200
const ENTRIES = { type: 'array', items: { type: 'string' }, maxItems: MAX_ENTRIES }

/** The body's JSON schema. */
export const FOLLOWS = {
  type: 'object',
  description:
    'Whom to follow and whom no longer, each an id, @username or me; together at most 200. First the follows, then the unfollows.',
  properties: { follow: ENTRIES, unfollow: ENTRIES },
}

type Entry = { kind: 'follow' | 'unfollow'; target: string }

const KINDS = ['follow', 'unfollow'] as const
const TOO_MANY = `follow and unfollow hold over ${MAX_ENTRIES} entries together; send at most ${MAX_ENTRIES}.`

const check = bodyCheck<Partial<Record<Entry['kind'], string[]>>>(FOLLOWS, ({ instancePath, keyword }) => {
  const kind = KINDS.find((name) => instancePath.split('/')[1] === name)
  if (kind === undefined)
    return 'the body must be a JSON object with "follow", "unfollow" or both: lists of ids or @usernames.'
  if (keyword === 'maxItems') return TOO_MANY
  return instancePath === `/${kind}`
    ? `${kind} must be a list of ids or @usernames.`
    : `every entry of ${kind} must be a string: an id or a @username.`
})

/** The entries of a body, follows first; throws a 400 if the body is not valid. */
export function entriesOf(body: Body): Entry[] {
  const lists = check(body)
  const entries = KINDS.flatMap((kind) => (lists[kind] ?? []).map((target): Entry => ({ kind, target })))
  if (entries.length > MAX_ENTRIES) throw badRequest(TOO_MANY)
  return entries
}

/** How many writes a call counts as for the rate limit: one per entry, at least one. */
export function writesOf(call: Call): number {
  try {
    return Math.max(1, entriesOf(call.body).length)
  } catch {
    return 1
  }
}

/** `POST follows`: entries that are refused do not affect the others. */
export async function changeFollows(parts: Parts, call: Call): Promise<Answer> {
  const entries = entriesOf(call.body)
  const show = showOf(call.query)
  const viewer = viewerOf(call)
  if (viewer === null || call.token === null)
    throw new Error('a bulk change needs a user token: see routes/table.ts')
  const { maxFollowing } = call.token
  const targets = await Promise.all(entries.map(({ target }) => resolveOrNull(parts, call, target)))
  const changes = entries.map(
    ({ kind }, place): Change => ({
      kind,
      viewerId: viewer.id,
      targetId: targets[place] ?? null,
      maxFollowing,
      annotations: show.annotations,
    }),
  )
  const outcomes = await parts.changes.commit(changes)
  const results = outcomes.map(({ verdict, item }, place) => {
    const { kind, target } = entries[place] as Entry
    // The caller was deleted meanwhile: an error for the whole request.
    if (verdict === 'unauthorized') throw unauthorized('invalid-token', 'The token is not valid.')
    if (verdict === 'done' && item !== null) return `{"user":${userJson(item, viewer, show)}}`
    const { status, slug, message } = refusal(kind, verdict === 'done' ? 'not-found' : verdict)
    return JSON.stringify({ target, code: status, error_slug: slug, error_message: message })
  })
  return { data: new RawJson(`[${results.join(',')}]`) }
}
