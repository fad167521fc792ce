// The table of the kinds of changes in the log, and the event that each kind becomes.

import { BULK } from '../graph/log-entry.ts'

/** The types of events that readers get. */
export const EVENT_TYPES = ['user_follow', 'mute', 'block', 'user', 'reset'] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** Why a follow ended. */
export type EndReason = 'unfollow' | 'block' | 'removed' | 'deleted'

type Kind = {
  type: EventType
  /** Whether the relation or user ended: `meta.is_deleted`. */
  ended: boolean
  reason?: EndReason
  /** For a follow that a block ended: which of its two users made the block. Only that user sees the reason `block`. */
  blocker?: 'from' | 'to'
}

/** The kinds that become events, by the names that the statements under cypher/ write. */
export const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['follow', { type: 'user_follow', ended: false }],
  ['unfollow', { type: 'user_follow', ended: true, reason: 'unfollow' }],
  ['follow-removed', { type: 'user_follow', ended: true, reason: 'removed' }],
  ['follow-blocked-by-follower', { type: 'user_follow', ended: true, reason: 'block', blocker: 'from' }],
  ['follow-blocked-by-followee', { type: 'user_follow', ended: true, reason: 'block', blocker: 'to' }],
  ['follow-deleted', { type: 'user_follow', ended: true, reason: 'deleted' }],
  ['mute', { type: 'mute', ended: false }],
  ['unmute', { type: 'mute', ended: true }],
  ['block', { type: 'block', ended: false }],
  ['unblock', { type: 'block', ended: true }],
  ['user', { type: 'user', ended: false }],
  ['user-deleted', { type: 'user', ended: true }],
  ['reset', { type: 'reset', ended: false }],
])

/** The key of the other user in `data`, by type of event. */
export const OTHER_USER: Partial<Record<EventType, string>> = {
  user_follow: 'follows_user',
  mute: 'muted_user',
  block: 'blocked_user',
}

/** One event of the log. */
export type LogEvent = {
  id: bigint
  /** Milliseconds since 1970. */
  at: bigint
  kind: Kind
  /** The user who follows, mutes or blocks, or whose profile it is; 0 for a reset. */
  from: bigint
  /** The user who is followed, muted or blocked; 0 if there is none. */
  to: bigint
  /** The id of the relationship; 0 if there is none. */
  paginationId: bigint
  /** The reason of a reset; null for other events. */
  about: string | null
}

/**
 * A change in the log that ends subscriptions: a revoked token (by its hash), all tokens of a user, a user who is being deleted, or an app's
 * stream that another connection (`by`) has taken over.
 */
export type Ending =
  | { tokenHash: string }
  | { tokensOf: bigint }
  | { userId: bigint }
  | { streamId: bigint; by: string }

/** An entry of the log, which one transaction of ours wrote: its events, and the endings of subscriptions. */
export type Entry = {
  ordinal: bigint
  /** The last id that the transaction drew; the ids of its events are not above it. */
  last: bigint
  at: bigint
  events: LogEvent[]
  endings: Ending[]
  /** Whether these are all that the transaction changed: not of a part of an import, nor of a newer release's kind. */
  whole: boolean
}

type Columns = [
  ordinal: bigint,
  first: bigint,
  last: bigint,
  at: bigint,
  kinds: string[] | null,
  from: bigint[] | null,
  to: bigint[] | null,
  ids: bigint[] | null,
  about: string | null,
]

/** Decodes a row of cypher/events/entries. The n-th event of an entry, counted from 0, has the id `first + n`. */
export function entryOf(columns: unknown): Entry {
  const [ordinal, first, last, at, kinds, from, to, ids, about] = columns as Columns
  const entry: Entry = { ordinal, last, at, events: [], endings: [], whole: about !== BULK }
  for (const [n, name] of (kinds ?? []).entries()) {
    const kind = KINDS.get(name)
    const user = from?.[n] ?? 0n
    if (kind !== undefined)
      entry.events.push({
        id: first + BigInt(n),
        at,
        kind,
        from: user,
        to: to?.[n] ?? 0n,
        paginationId: ids?.[n] ?? 0n,
        about,
      })
    else if (name === 'token-revoked' && about !== null) entry.endings.push({ tokenHash: about })
    else if (name === 'tokens-revoked') entry.endings.push({ tokensOf: user })
    else if (name === 'user-leaving') entry.endings.push({ userId: user })
    else if (name === 'stream-taken') entry.endings.push({ streamId: user, by: about ?? '' })
    else entry.whole = false
  }
  return entry
}
