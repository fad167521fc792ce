// The table of relation kinds (follows, mutes, blocks): their names in the graph and in files.

/** The names of one kind: its relationship type and its properties, which are also the columns of its files. */
export type RelationKind = {
  plural: 'follows' | 'mutes' | 'blocks'
  type: 'FOLLOWS' | 'MUTES' | 'BLOCKS'
  from: string
  to: string
  at: string
}

export const FOLLOWS: RelationKind = {
  plural: 'follows',
  type: 'FOLLOWS',
  from: 'follower_id',
  to: 'followee_id',
  at: 'followed_at',
}
export const MUTES: RelationKind = {
  plural: 'mutes',
  type: 'MUTES',
  from: 'muter_id',
  to: 'muted_id',
  at: 'muted_at',
}
export const BLOCKS: RelationKind = {
  plural: 'blocks',
  type: 'BLOCKS',
  from: 'blocker_id',
  to: 'blocked_id',
  at: 'blocked_at',
}
export const RELATION_KINDS = [FOLLOWS, MUTES, BLOCKS] as const

/**
 * A relationship by its kind's names: `{follower_id, followee_id, followed_at, id}` and so on. Ids are bigint, the date
 * is text in whole UTC seconds; date and id may be absent.
 */
export type RelationRecord = { [column: string]: bigint | string | undefined }

/** Rewrites a statement about follows for another kind; the files under cypher/ are written for follows. */
export function statementOf(kind: RelationKind, follows: string): string {
  if (kind === FOLLOWS) return follows
  return follows
    .replaceAll(`:${FOLLOWS.type}`, `:${kind.type}`)
    .replaceAll(FOLLOWS.from, kind.from)
    .replaceAll(FOLLOWS.to, kind.to)
    .replaceAll(FOLLOWS.at, kind.at)
}
