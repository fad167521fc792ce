// The table of relation kinds: follows, mutes and blocks. Changes, events, memory, OpenAPI, import, export and audit read it.

type Entry = {
  /** The name of its files and counts. */
  plural: string
  /** The type of its relationships in the graph. */
  type: string
  /** Properties of the relationship: the ids of its two users, and its date. They are also the columns of its files. */
  from: string
  to: string
  at: string
  /**
   * The files of its changes under cypher/changes/, in the order in which they run in one transaction. The first one creates a relationship
   * and the second one ends it; these two are also their kinds of events in the log.
   */
  changes: readonly [make: string, end: string, ...others: string[]]
  /** Its list under cypher/lists/: the users at the other ends of a user's relationships. */
  list: string
  /** The type of its events, and the key of the second user in their data. */
  event: { type: string; otherUser: string }
  /** The lists of a viewer, by `from` and by `to`, that the memory keeps because fields of Users depend on them; null if none do. */
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
  list: 'following',
  event: { type: 'user_follow', otherUser: 'follows_user' },
  heads: { from: 'following', to: 'followers' },
  schema: 'Follow',
  tag: 'Following',
} as const satisfies Entry

export const MUTES = {
  plural: 'mutes',
  type: 'MUTES',
  from: 'muter_id',
  to: 'muted_id',
  at: 'muted_at',
  changes: ['mute', 'unmute'],
  list: 'muted',
  event: { type: 'mute', otherUser: 'muted_user' },
  heads: { from: 'muted', to: null },
  schema: 'Mute',
  tag: 'Muting and blocking',
} as const satisfies Entry

export const BLOCKS = {
  plural: 'blocks',
  type: 'BLOCKS',
  from: 'blocker_id',
  to: 'blocked_id',
  at: 'blocked_at',
  changes: ['block', 'unblock'],
  list: 'blocked',
  event: { type: 'block', otherUser: 'blocked_user' },
  heads: { from: 'blocked', to: 'blockers' },
  schema: 'Block',
  tag: 'Muting and blocking',
} as const satisfies Entry

export const RELATION_KINDS = [FOLLOWS, MUTES, BLOCKS] as const
export type RelationKind = (typeof RELATION_KINDS)[number]
