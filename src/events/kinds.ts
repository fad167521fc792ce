// The table of the kinds of changes in the log, and the event that each kind becomes.

import { BULK } from '../graph/log-entry.ts'
import { FOLLOWS, RELATION_KINDS, type RelationKind } from '../relations/kinds.ts'

/** The types of events that readers get. */
export type EventType = RelationKind['event']['type'] | 'user' | 'reset'
export const EVENT_TYPES: readonly EventType[] = [
  ...RELATION_KINDS.map(({ event }) => event.type),
  'user',
  'reset',
]

/** Why a follow ended. */
export type EndReason = 'unfollow' | 'block' | 'removed' | 'deleted'

type Kind = {
  type: EventType
  /** The kind of the relation; absent for a user or a reset. */
  relation?: RelationKind
  /** Whether the relation or user ended: `meta.is_deleted`. */
  ended: boolean
  reason?: EndReason
  /** For a follow that a block ended: which of its two users made the block. Only that user sees the reason `block`. */
  blocker?: 'from' | 'to'
}

const ofRelation = (relation: RelationKind, ended: boolean, more: Partial<Kind> = {}): Kind => ({
  type: relation.event.type,
  relation,
  ended,
  ...more,
})

/** The kinds that become events, by the names that the statements under cypher/ write. */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ...RELATION_KINDS.flatMap((relation): [string, Kind][] => {
    const [make, end] = relation.changes
    return [
      [make, ofRelation(relation, false)],
      [end, ofRelation(relation, true)],
    ]
  }),
  // Only events of ended follows have a reason.
  ['unfollow', ofRelation(FOLLOWS, true, { reason: 'unfollow' })],
  ['follow-removed', ofRelation(FOLLOWS, true, { reason: 'removed' })],
  ['follow-blocked-by-follower', ofRelation(FOLLOWS, true, { reason: 'block', blocker: 'from' })],
  ['follow-blocked-by-followee', ofRelation(FOLLOWS, true, { reason: 'block', blocker: 'to' })],
  ['follow-deleted', ofRelation(FOLLOWS, true, { reason: 'deleted' })],
  ['user', { type: 'user', ended: false }],
  ['user-deleted', { type: 'user', ended: true }],
  ['reset', { type: 'reset', ended: false }],
])

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
