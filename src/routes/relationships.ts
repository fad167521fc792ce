// The handler of GET relationships: the relationships of one user with up to 200 others.
import type { Answer } from '../http/answer.ts'
import { badRequest } from '../http/errors.ts'
import { single } from '../http/params.ts'
import type { Parts } from '../parts.ts'
import type { Relationship, Target } from '../relations/relationships.ts'
import { isoSeconds } from '../users/dates.ts'
import { parseReference } from '../users/reference.ts'
import { noSuchUser } from '../users/users.ts'
import { canFollow } from '../users/view.ts'
import { type Call, viewerOf } from './call.ts'
import { referencesOf } from './users.ts'

/** `GET relationships?source=me&targets=2,@bo`: in the order of `targets`; an unknown target gets `found: false`. */
export async function showRelationships(parts: Parts, call: Call): Promise<Answer> {
  const source = single(call.query, 'source')
  if (source === undefined || source === '') {
    throw badRequest('the parameter source is missing; send an id, a @username or me.')
  }
  const names = referencesOf(call.query.getAll('targets'), 'targets')
  const sourceId = await parts.users.resolve(source, call.token)
  const targets = await Promise.all(names.map((text) => targetOf(parts, call, text)))
  const viewer = viewerOf(call)
  const own = viewer !== null && viewer.id === sourceId
  const found = await parts.relationships.between(sourceId, targets, own)
  if (found === null) throw noSuchUser()
  return { data: names.map((target, place) => shown(target, found[place] ?? null, own ? viewer : null)) }
}

async function targetOf(parts: Parts, call: Call, text: string): Promise<Target> {
  const reference = parseReference(text)
  return reference === 'me' ? { id: await parts.users.resolve(text, call.token) } : reference
}

function shown(target: string, found: Relationship | null, viewer: { id: bigint; type: string } | null) {
  if (found === null) return { target, found: false }
  const { id, username, following, followedBy, followedAt, followedByAt, muted, blocked, blockedBy } = found
  const { requested, requestedBy } = found
  const relation = {
    youFollow: following,
    followsYou: followedBy,
    youMuted: muted,
    youBlocked: blocked,
    blocksYou: blockedBy,
  }
  return {
    target,
    id: String(id),
    // By Cypher it can be anything.
    username: typeof username === 'string' ? username : `u${id}`,
    following,
    followed_by: followedBy,
    followed_at: isoSeconds(followedAt) ?? null,
    followed_by_at: isoSeconds(followedByAt) ?? null,
    ...(viewer === null
      ? {}
      : {
          muted,
          blocked,
          can_follow: canFollow(viewer, String(id), relation),
          requested,
          requested_by: requestedBy,
        }),
  }
}
