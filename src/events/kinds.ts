// The table of the kinds of changes in the log, and the event that each kind becomes.

import { BULK } from '../graph/log-entry.ts'
import { FOLLOWS, RELATION_KINDS, REQUESTS, type RelationKind } from '../relations/kinds.ts'

/** The types of events that readers get. */
export type EventType = RelationKind['event']['type'] | 'user' | 'reset'
export const EVENT_TYPES: readonly EventType[] = [
  ...RELATION_KINDS.map(({ event }) => event.type),
  'user',
  'reset',
]

/** Whether a text is the id of an event, or 0, before all of them. */
export const isEventId = (text: string): boolean => /^\d{1,19}$/.test(text) && BigInt(text) < 2n ** 63n

/** Why a follow or a request ended. */
export const END_REASONS = [
  'unfollow',
  'block',
  'removed',
  'deleted',
  'withdrawn',
  'refused',
  'followed',
] as const
export type EndReason = (typeof END_REASONS)[number]

type Kind = {
  type: EventType
  /** The kind of the relation; absent for a user or a reset. */
  relation?: RelationKind
  /** Whether the relation or user ended: `meta.is_deleted`. */
  ended: boolean
  reason?: EndReason
  /** Only if a block ended the relation: which of the two users made the block, and the reason that the other user sees instead of `block`. */
  blocker?: 'from' | 'to'
  instead?: EndReason
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
    const [make, end] = relation.logged
    return [
      [make, ofRelation(relation, false)],
      [end, ofRelation(relation, true)],
    ]
  }),
  // Only events of ended follows and requests have a reason.
  ['unfollow', ofRelation(FOLLOWS, true, { reason: 'unfollow' })],
  ['follow-removed', ofRelation(FOLLOWS, true, { reason: 'removed' })],
  [
    'follow-blocked-by-follower',
    ofRelation(FOLLOWS, true, { reason: 'block', blocker: 'from', instead: 'removed' }),
  ],
  [
    'follow-blocked-by-followee',
    ofRelation(FOLLOWS, true, { reason: 'block', blocker: 'to', instead: 'removed' }),
  ],
  ['follow-deleted', ofRelation(FOLLOWS, true, { reason: 'deleted' })],
  ['unrequest', ofRelation(REQUESTS, true, { reason: 'withdrawn' })],
  ['request-refused', ofRelation(REQUESTS, true, { reason: 'refused' })],
  ['request-followed', ofRelation(REQUESTS, true, { reason: 'followed' })],
  [
    'request-blocked-by-requester',
    ofRelation(REQUESTS, true, { reason: 'block', blocker: 'from', instead: 'withdrawn' }),
  ],
  [
    'request-blocked-by-requested',
    ofRelation(REQUESTS, true, { reason: 'block', blocker: 'to', instead: 'refused' }),
  ],
  ['request-deleted', ofRelation(REQUESTS, true, { reason: 'deleted' })],
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
  /** The user who follows, mutes, blocks or requests, or whose profile it is; 0 for a reset. */
  from: bigint
  /** The user who is followed, muted, blocked or requested; 0 if there is none. */
  to: bigint
  /** The id of the relationship; 0 if there is none. */
  paginationId: bigint
  /** The reason of a reset; null for other events. */
  about: string | null
}

/**
 * A change in the log that is not an event. Four kinds end subscriptions: a token was revoked (given by its hash), all tokens of a user were
 * revoked, a user is being deleted, or another connection (`by`) has taken over an app's stream. `moved` is for the memory only: the users whose
 * follows or followers a step of a move has changed.
 */
export type InternalChange =
  | { tokenHash: string }
  | { tokensOf: bigint }
  | { userId: bigint }
  | { streamId: bigint; by: string }
  | { moved: bigint[] }

/** An entry of the log, which one transaction of this service wrote: its events, and its changes that are not events. */
export type LogEntry = {
  ordinal: bigint
  /** The last id that the transaction drew; the ids of its events are not above it. */
  last: bigint
  at: bigint
  events: LogEvent[]
  internalChanges: InternalChange[]
  /** Whether the entry describes everything that the transaction changed; false for a part of an import, and for kinds of a newer release. */
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
export function entryOf(columns: unknown): LogEntry {
  const [ordinal, first, last, at, kinds, from, to, ids, about] = columns as Columns
  const entry: LogEntry = { ordinal, last, at, events: [], internalChanges: [], whole: about !== BULK }
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
    else if (name === 'token-revoked' && about !== null) entry.internalChanges.push({ tokenHash: about })
    else if (name === 'tokens-revoked') entry.internalChanges.push({ tokensOf: user })
    else if (name === 'user-leaving') entry.internalChanges.push({ userId: user })
    else if (name === 'follows-moved')
      entry.internalChanges.push({ moved: [user, to?.[n] ?? 0n, ...(ids ?? [])] })
    else if (name === 'stream-taken') entry.internalChanges.push({ streamId: user, by: about ?? '' })
    else entry.whole = false
  }
  return entry
}
