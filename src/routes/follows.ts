// The handlers of POST follows and POST users/me/requests: many changes in one transaction, with a result per entry.

import { type Answer, RawJson } from '../http/answer.ts'
import type { Body } from '../http/body.ts'
import { badRequest, unauthorized } from '../http/errors.ts'
import { bodyCheck } from '../http/schema.ts'
import type { Parts } from '../parts.ts'
import type { Change, ChangeKind } from '../relations/changes.ts'
import { refusal } from '../relations/verdict.ts'
import { showOf } from '../users/show.ts'
import { userJson } from '../users/view.ts'
import { type Call, viewerOf } from './call.ts'
import type { Route } from './route.ts'
import { resolveOrNull } from './users.ts'

const MAX_ENTRIES = 200
const ENTRIES = { type: 'array', items: { type: 'string' }, maxItems: MAX_ENTRIES }

type Entry = { kind: ChangeKind; target: string }

/** A route's handler, the JSON schema of its body, and how many writes a call counts as for the rate limit: one per entry, at least one. */
type Bulk = Required<Pick<Route, 'handler' | 'body' | 'writes'>>

// `lists`: two lists of a body, in the order in which they are carried out, and the change of each.
function bulk(lists: Record<string, ChangeKind>, description: string): Bulk {
  const names = Object.keys(lists)
  const [first, second] = names as [string, string]
  const tooMany = `${first} and ${second} hold over ${MAX_ENTRIES} entries together; send at most ${MAX_ENTRIES}.`
  const body = {
    type: 'object',
    description,
    properties: Object.fromEntries(names.map((name) => [name, ENTRIES])),
  }
  const check = bodyCheck<Record<string, string[]>>(body, ({ instancePath, keyword }) => {
    const name = names.find((one) => one === instancePath.split('/')[1])
    if (name === undefined)
      return `the body must be a JSON object with "${first}", "${second}" or both: lists of ids or @usernames.`
    if (keyword === 'maxItems') return tooMany
    return instancePath === `/${name}`
      ? `${name} must be a list of ids or @usernames.`
      : `every entry of ${name} must be a string: an id or a @username.`
  })
  // The entries of a body, in order; throws a 400 if the body is not valid.
  const entriesOf = (sent: Body): Entry[] => {
    const checked = check(sent)
    const entries = Object.entries(lists).flatMap(([name, kind]) =>
      (checked[name] ?? []).map((target): Entry => ({ kind, target })),
    )
    if (entries.length > MAX_ENTRIES) throw badRequest(tooMany)
    return entries
  }
  return {
    body,
    handler: (parts, call) => change(parts, call, entriesOf(call.body)),
    writes(call) {
      try {
        return Math.max(1, entriesOf(call.body).length)
      } catch {
        return 1
      }
    },
  }
}

// Entries that are refused do not affect the others.
async function change(parts: Parts, call: Call, entries: Entry[]): Promise<Answer> {
  const show = showOf(call.query)
  const viewer = viewerOf(call)
  if (viewer === null || call.token === null)
    throw new Error('a bulk change needs a user token: see routes/table.ts')
  const { maxFollowing, app } = call.token
  const targets = await Promise.all(entries.map(({ target }) => resolveOrNull(parts, call, target)))
  const changes = entries.map(
    ({ kind }, place): Change => ({
      kind,
      viewerId: viewer.id,
      targetId: targets[place] ?? null,
      maxFollowing,
      clientId: app.client_id,
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

/** `POST follows`. */
export const FOLLOWS = bulk(
  { follow: 'follow', unfollow: 'unfollow' },
  'Whom to follow and whom no longer, each an id, @username or me; together at most 200. First the follows, then the unfollows.',
)

/** `POST users/me/requests`. */
export const REQUESTS = bulk(
  { accept: 'accept-request', refuse: 'refuse-request' },
  'Whose requests to accept and whose to refuse, each an id or @username; together at most 200. First the acceptances, then the refusals.',
)
