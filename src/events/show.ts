// Renders events as JSON, in the envelope of App.net's streams, with the users as they are now.
import { itemId } from '../users/item.ts'
import type { Users } from '../users/users.ts'
import { type Show, userJson } from '../users/view.ts'
import type { LogEvent } from './kinds.ts'

/** Who receives the events; `viewerId` is null for an app, which sees everything. */
export type Audience = { show: Show; viewerId: bigint | null }

// Users in one query.
const USERS = 200

/**
 * Renders events as JSON texts, in order. A user deleted meanwhile is `{"id", "is_deleted": true}`. As in rendered profiles, `\u0001`
 * stands for the public URL.
 */
export async function eventsJson(
  users: Pick<Users, 'fetch'>,
  events: LogEvent[],
  { show, viewerId }: Audience,
): Promise<string[]> {
  const ids = [...new Set(events.flatMap(({ from, to }) => [from, to]))].filter((id) => id !== 0n)
  const shown = new Map<string, string>()
  for (let at = 0; at < ids.length; at += USERS) {
    const some = ids.slice(at, at + USERS)
    const items = await users.fetch(some, null, { viewer: false, annotations: show.annotations })
    for (const item of items) shown.set(itemId(item), userJson(item, null, show))
  }
  const user = (id: bigint) => shown.get(String(id)) ?? `{"id":"${id}","is_deleted":true}`
  return events.map((event) => {
    const { id, at, kind, from, to, paginationId, about } = event
    const meta = {
      id: String(id),
      timestamp: Number(at),
      type: kind.type,
      ...(kind.type === 'user_follow' ? { pagination_id: String(paginationId) } : {}),
      ...(kind.ended ? { is_deleted: true } : {}),
      ...(kind.reason === undefined ? {} : { reason: reasonFor(event, viewerId) }),
    }
    const data =
      kind.relation !== undefined
        ? `{"user":${user(from)},"${kind.relation.event.otherUser}":${user(to)}}`
        : kind.type === 'reset'
          ? JSON.stringify({ reason: about })
          : kind.ended
            ? JSON.stringify({ id: String(from) })
            : user(from)
    return `{"meta":${JSON.stringify(meta)},"data":${data}}`
  })
}

// A user must not learn that another has blocked them: they see another reason.
function reasonFor({ kind, from, to }: LogEvent, viewerId: bigint | null): string | undefined {
  if (viewerId === null || kind.blocker === undefined) return kind.reason
  return viewerId === (kind.blocker === 'from' ? from : to) ? kind.reason : kind.instead
}

/** Selects the events that a user may see: follows and requests by and of them, their own mutes, blocks and profile, and resets. */
export function concerns(userId: bigint): (event: LogEvent) => boolean {
  return ({ kind, from, to }) => {
    if (kind.type === 'reset' || from === userId) return true
    return (kind.type === 'user_follow' || kind.type === 'request') && to === userId
  }
}
