// The Cypher expressions that read users for the User object: one list per user (an Item), and the viewer flags of all of them (ViewerFlags).

/** Which optional parts of users are read: the relations of a viewer, and annotations. */
export type ItemForm = { viewer: boolean; annotations: boolean }

/**
 * The elements of an Item in Cypher, for a variable `user`; annotations are read if `$batch.annotations` is true. A rendered text that does not begin
 * with the user's own id does not count: whoever copies a node with all its properties copies that, too.
 */
export const itemColumns = `CASE WHEN user.rendered STARTS WITH '{"id":"' + toStringOrNull(user.id) + '",' THEN user.rendered ELSE properties(user) END, COUNT { (user)-[:FOLLOWS]->() }, COUNT { (user)<-[:FOLLOWS]-() },
    user.mentions, CASE WHEN $batch.annotations THEN user.annotations END`

/** One user as one list, because columns are slow to decode: 21 records of 10 columns cost 1.13 ms of Node's time per page. */
export const itemExpression = `[${itemColumns}]`

/**
 * The number of users that a `viewer` mutes, blocks, is blocked by or has requested to follow, in Cypher. For most viewers it is 0, and then
 * four kinds of index seeks are skipped.
 */
export const restrictionsExpression =
  'COUNT { (viewer)-[:MUTES]->() } + COUNT { (viewer)-[:BLOCKS]->() } + COUNT { (viewer)<-[:BLOCKS]-() } + COUNT { (viewer)-[:REQUESTS]->() }'

/** The clause that sets the variable `restrictions` to this number, 0 without a viewer. `carry` names the variables to keep. */
export function viewerClause(viewer: boolean, carry: string): string {
  if (!viewer) return `WITH ${carry}, 0 AS restrictions`
  return `OPTIONAL MATCH (viewer:User {id: row.viewer_id})
WITH ${carry}, ${restrictionsExpression} AS restrictions`
}

/**
 * The expression of the viewer flags of the users with these `ids` (a Cypher expression of a list); null without a viewer. It does one seek
 * of many keys for each direction and page, not a subquery for each user; docs/decisions/007 has the figures. The hint names
 * the index in which the keys of one viewer are adjacent. `followed` replaces the first seek if the caller knows the result.
 */
export function viewerFlagsExpression(viewer: boolean, ids: string, followed?: string): string {
  if (!viewer) return 'null'
  const some = (type: string, own: string, other: string, hint = '') =>
    `COLLECT { MATCH ()-[x:${type}]->() ${hint}WHERE x.${own} = row.viewer_id AND x.${other} IN ${ids} RETURN x.${other} }`
  const among = (own: string, other: string) =>
    some('FOLLOWS', own, other, `USING INDEX SEEK x:FOLLOWS(${own}, ${other}) `)
  return `[${followed ?? among('follower_id', 'followee_id')}, ${among('followee_id', 'follower_id')},
  CASE WHEN restrictions > 0 THEN [${some('MUTES', 'muter_id', 'muted_id')},
    ${some('BLOCKS', 'blocker_id', 'blocked_id')}, ${some('BLOCKS', 'blocked_id', 'blocker_id')},
    ${some('REQUESTS', 'requester_id', 'requested_id')}] END]`
}

/** One user as read from the graph. */
export type Item = [
  profile: string | Record<string, unknown>,
  following: bigint,
  followers: bigint,
  /** The graph returns only names; mentions.ts replaces them with pairs of name and id, for the users that exist. */
  mentions: [string, bigint][] | null,
  annotations: string | null,
  /** `withViewerFlags` adds this and the next two. */
  youFollow?: boolean,
  followsYou?: boolean,
  /**
   * Whether the viewer mutes the user, blocks the user, is blocked by the user, and has requested to follow the user; null if the viewer has no
   * such relation to anybody.
   */
  restrictions?: [boolean, boolean, boolean, boolean] | null,
]

/** The ids, among the users that are read, that the viewer follows, is followed by, mutes, blocks, is blocked by and has requested. */
export type ViewerFlags =
  | [
      followed: bigint[],
      followers: bigint[],
      restrictions: [muted: bigint[], blocked: bigint[], blocking: bigint[], requested: bigint[]] | null,
    ]
  | null

/** Adds the viewer's relations (a column of `viewerFlagsExpression`) to the items, in place, and returns them. */
export function withViewerFlags<Items extends Item[]>(items: Items, column: unknown): Items {
  const flags = column as ViewerFlags
  if (flags === null) return items
  const [followed, followers] = [texts(flags[0]), texts(flags[1])]
  const restrictions = flags[2]?.map(texts) as [Texts, Texts, Texts, Texts] | undefined
  for (const item of items) {
    const id = itemId(item)
    item[5] = followed.has(id)
    item[6] = followers.has(id)
    item[7] =
      restrictions === undefined
        ? null
        : [restrictions[0].has(id), restrictions[1].has(id), restrictions[2].has(id), restrictions[3].has(id)]
  }
  return items
}

/** The user's id in decimal. */
export const itemId = ([profile]: Item): string =>
  typeof profile === 'string' ? idIn(profile) : String(profile.id)

/** The user's id in decimal. Every rendered text begins with `{"id":"`, seven characters. */
export const idIn = (rendered: string): string => rendered.slice(7, rendered.indexOf('"', 7))

type Texts = Set<string>
const texts = (ids: bigint[]): Texts => new Set(ids.map(String))
