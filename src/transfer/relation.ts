// Knows the three kinds of relationship by their names in the graph and in files, and turns text about follows into text about the others.

/** Names of one kind: its relationship type, its four properties (which are a file's columns, too). */
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

/** The statement about `FOLLOWS` as one about another kind; files under cypher/ are written for follows. */
export function statementOf(kind: RelationKind, follows: string): string {
  if (kind === FOLLOWS) return follows
  return follows
    .replaceAll(`:${FOLLOWS.type}`, `:${kind.type}`)
    .replaceAll(FOLLOWS.from, kind.from)
    .replaceAll(FOLLOWS.to, kind.to)
    .replaceAll(FOLLOWS.at, kind.at)
}
