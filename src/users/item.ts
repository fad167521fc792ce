// Knows the columns in which a user travels from the graph: one list a user, read by position.

/** What a page or a change asks to be told of each user. */
export type ItemForm = { viewer: boolean; annotations: boolean }

/**
 * The Cypher expression of one user, for a variable `user`; with `viewer` also `row.viewer_id` and `apart`,
 * how many the viewer mutes, blocks and is blocked by: most viewers have none, and their pages spare three seeks a user.
 * A list a user instead of a column a value: decoding 21 records of 10 values cost Node 1.13 ms a page (DESIGN.md).
 */
export function itemExpression(form: ItemForm): string {
  const parts = [
    'coalesce(user.rendered, properties(user))',
    'COUNT { (user)-[:FOLLOWS]->() }',
    'COUNT { (user)<-[:FOLLOWS]-() }',
    // Mentions are resolved when read, so that a renamed or deleted user leaves no stale link.
    'CASE WHEN user.mentions IS NULL THEN null ELSE COLLECT { UNWIND user.mentions AS name MATCH (m:User {username_key: name}) RETURN [name, m.id] } END',
    form.annotations ? 'user.annotations' : 'null',
  ]
  if (form.viewer) {
    parts.push(
      'EXISTS { ()-[x:FOLLOWS]->() WHERE x.follower_id = row.viewer_id AND x.followee_id = user.id }',
      // This way round the seeks of a page fall into one place of the index, the viewer's followers. By the pair's own
      // index they fall into twenty: 0.49 against 0.38 ms of Neo4j a page (bench, one interleaved run).
      'EXISTS { MATCH ()-[x:FOLLOWS]->() USING INDEX x:FOLLOWS(followee_id, follower_id) WHERE x.followee_id = row.viewer_id AND x.follower_id = user.id }',
      `CASE WHEN apart > 0 THEN [
    EXISTS { ()-[x:MUTES]->() WHERE x.muter_id = row.viewer_id AND x.muted_id = user.id },
    EXISTS { ()-[x:BLOCKS]->() WHERE x.blocker_id = row.viewer_id AND x.blocked_id = user.id },
    EXISTS { ()-[x:BLOCKS]->() WHERE x.blocker_id = user.id AND x.blocked_id = row.viewer_id }] END`,
    )
  }
  return `[${parts.join(', ')}]`
}

/** The clause that binds the viewer's degrees for `itemExpression`; `carry` names the variables that go on. */
export function viewerClause(form: ItemForm, carry: string): string {
  if (!form.viewer) return `WITH ${carry}, 0 AS apart`
  return `OPTIONAL MATCH (viewer:User {id: row.viewer_id})
WITH ${carry}, COUNT { (viewer)-[:MUTES]->() } + COUNT { (viewer)-[:BLOCKS]->() } + COUNT { (viewer)<-[:BLOCKS]-() } AS apart`
}

/** One user as it comes from the graph. */
export type Item = [
  profile: string | Record<string, unknown>,
  following: bigint,
  followers: bigint,
  mentions: [string, bigint][] | null,
  annotations: string | null,
  youFollow?: boolean,
  followsYou?: boolean,
  /** you_muted, you_blocked, and whether the user blocks the viewer; null where the viewer has none of these at all. */
  apart?: [boolean, boolean, boolean] | null,
]
