// The table of relation kinds: follows, mutes, blocks and follow requests. Changes, events, memory, OpenAPI, import, export and audit read it.

type RelationKindEntry = {
  /** The name of its files and counts. */
  plural: string
  /** The type of its relationships in the graph. */
  type: string
  /** Properties of the relationship: the ids of its two users, and its date. They are also the columns of its files. */
  from: string
  to: string
  at: string
  /** Its changes, in the order in which they run in one transaction; relations/changes.ts names the file of each. */
  changes: readonly string[]
  /** The kinds of events in the log: for a relationship that was made, and for one that its `from` user ended. */
  logged: readonly [make: string, end: string]
  /** Its list under cypher/lists/: the users at the other ends of a user's relationships. */
  list: string
  /** The type of its events, and the key of the second user in their data. */
  event: { type: string; otherUser: string }
  /** The lists of a viewer that the memory caches because fields of Users depend on them: in the direction `from` and in the direction `to`; null if no field does. */
  heads: { from: string | null; to: string | null }
  /** The prefix of its schemas in OpenAPI, and the group of its routes in the documentation. */
  schema: string
  tag: string
}

export const FOLLOWS = {
  plural: 'follows',
  type: 'FOLLOWS',
  from: 'follower_id',
  to: 'followee_id',
  at: 'followed_at',
  changes: ['follow', 'unfollow', 'remove-follower'],
  logged: ['follow', 'unfollow'],
  list: 'following',
  event: { type: 'user_follow', otherUser: 'follows_user' },
  heads: { from: 'following', to: 'followers' },
  schema: 'Follow',
  tag: 'Following',
} as const satisfies RelationKindEntry

export const MUTES = {
  plural: 'mutes',
  type: 'MUTES',
  from: 'muter_id',
  to: 'muted_id',
  at: 'muted_at',
  changes: ['mute', 'unmute'],
  logged: ['mute', 'unmute'],
  list: 'muted',
  event: { type: 'mute', otherUser: 'muted_user' },
  heads: { from: 'muted', to: null },
  schema: 'Mute',
  tag: 'Muting and blocking',
} as const satisfies RelationKindEntry

export const BLOCKS = {
  plural: 'blocks',
  type: 'BLOCKS',
  from: 'blocker_id',
  to: 'blocked_id',
  at: 'blocked_at',
  changes: ['block', 'unblock'],
  logged: ['block', 'unblock'],
  list: 'blocked',
  event: { type: 'block', otherUser: 'blocked_user' },
  heads: { from: 'blocked', to: 'blockers' },
  schema: 'Block',
  tag: 'Muting and blocking',
} as const satisfies RelationKindEntry

/** Requests to follow a locked user. A `follow` makes one and an `unfollow` ends it. */
export const REQUESTS = {
  plural: 'requests',
  type: 'REQUESTS',
  from: 'requester_id',
  to: 'requested_id',
  at: 'requested_at',
  changes: ['accept-request', 'refuse-request'],
  logged: ['request', 'unrequest'],
  list: 'requests-sent',
  event: { type: 'request', otherUser: 'requested_user' },
  heads: { from: 'requests-sent', to: null },
  schema: 'Request',
  tag: 'Following',
} as const satisfies RelationKindEntry

export const RELATION_KINDS = [FOLLOWS, MUTES, BLOCKS, REQUESTS] as const
export type RelationKind = (typeof RELATION_KINDS)[number]
