// Knows the columns in which users travel from the graph: one list a user, and beside it what a viewer has to do with them.

/** What a page or a change asks to be told of each user. */
export type ItemForm = { viewer: boolean; annotations: boolean }

/** The Cypher expressions of an Item, for a variable `user`; `$batch.annotations` says whether those are wanted. */
export const itemColumns = `coalesce(user.rendered, properties(user)), COUNT { (user)-[:FOLLOWS]->() }, COUNT { (user)<-[:FOLLOWS]-() },
    user.mentions, CASE WHEN $batch.annotations THEN user.annotations END`

/** One user as one list, instead of a column a value: decoding 21 records of 10 values cost Node 1.13 ms a page. */
export const itemExpression = `[${itemColumns}]`

/**
 * The Cypher expression of how many users a `viewer` mutes, blocks and is blocked by: most have none, and what they look at spares
 * three kinds of seeks.
 */
export const apartExpression =
  'COUNT { (viewer)-[:MUTES]->() } + COUNT { (viewer)-[:BLOCKS]->() } + COUNT { (viewer)<-[:BLOCKS]-() }'

/** The clause that binds `apart` where a viewer looks. `carry` names the variables that go on. */
export function viewerClause(viewer: boolean, carry: string): string {
  if (!viewer) return `WITH ${carry}, 0 AS apart`
  return `OPTIONAL MATCH (viewer:User {id: row.viewer_id})
WITH ${carry}, ${apartExpression} AS apart`
}

/**
 * The Cypher expression of a Sight of the users with these `ids` (an expression: a list), null without a viewer. One
 * seek of many keys a direction and page instead of a subquery a user: docs/decisions/007 has the figures. Each names
 * the index in which the keys of one viewer lie together. `followed` is the first of them, where the caller need not ask.
 */
export function sightExpression(viewer: boolean, ids: string, followed?: string): string {
  if (!viewer) return 'null'
  const some = (type: string, own: string, other: string, hint = '') =>
    `COLLECT { MATCH ()-[x:${type}]->() ${hint}WHERE x.${own} = row.viewer_id AND x.${other} IN ${ids} RETURN x.${other} }`
  const among = (own: string, other: string) =>
    some('FOLLOWS', own, other, `USING INDEX SEEK x:FOLLOWS(${own}, ${other}) `)
  return `[${followed ?? among('follower_id', 'followee_id')}, ${among('followee_id', 'follower_id')},
  CASE WHEN apart > 0 THEN [${some('MUTES', 'muter_id', 'muted_id')},
    ${some('BLOCKS', 'blocker_id', 'blocked_id')}, ${some('BLOCKS', 'blocked_id', 'blocker_id')}] END]`
}

/** One user as it comes from the graph. */
export type Item = [
  profile: string | Record<string, unknown>,
  following: bigint,
  followers: bigint,
  /** The graph gives the names alone; mentions.ts puts their ids beside those that exist. */
  mentions: [string, bigint][] | null,
  annotations: string | null,
  /** What follows is put in by `seen`. */
  youFollow?: boolean,
  followsYou?: boolean,
  /** you_muted, you_blocked, and whether the user blocks the viewer; null where the viewer has none of these at all. */
  apart?: [boolean, boolean, boolean] | null,
]

/** Which of the users asked for a viewer follows, is followed by, and mutes, blocks and is blocked by; by id. */
export type Sight =
  | [
      followed: bigint[],
      followers: bigint[],
      apart: [muted: bigint[], blocked: bigint[], blocking: bigint[]] | null,
    ]
  | null

/** The items with what the viewer's Sight (a column of `sightExpression`) says of each; changes them in place. */
export function seen<Items extends Item[]>(items: Items, column: unknown): Items {
  const sight = column as Sight
  if (sight === null) return items
  const [followed, followers] = [texts(sight[0]), texts(sight[1])]
  const apart = sight[2]?.map(texts) as [Texts, Texts, Texts] | undefined
  for (const item of items) {
    const id = idOf(item)
    item[5] = followed.has(id)
    item[6] = followers.has(id)
    item[7] = apart === undefined ? null : [apart[0].has(id), apart[1].has(id), apart[2].has(id)]
  }
  return items
}

const idOf = ([profile]: Item): string => (typeof profile === 'string' ? idIn(profile) : String(profile.id))

/** The user's id in decimal: rendered text begins with it. */
export const idIn = (rendered: string): string => rendered.slice(7, rendered.indexOf('"', 7))

type Texts = Set<string>
const texts = (ids: bigint[]): Texts => new Set(ids.map(String))
