// Knows the columns in which users travel from the graph: one list a user, and beside it what a viewer has to do with them.

/** What a page or a change asks to be told of each user. */
export type ItemForm = { viewer: boolean; annotations: boolean }

/**
 * The Cypher expression of one user, for a variable `user`; `annotations` is an expression that says whether they are wanted.
 * A list a user instead of a column a value: decoding 21 records of 10 values cost Node 1.13 ms a page (DESIGN.md).
 */
export const itemExpression = (annotations: string): string =>
  `[coalesce(user.rendered, properties(user)), COUNT { (user)-[:FOLLOWS]->() }, COUNT { (user)<-[:FOLLOWS]-() },
    user.mentions, ${annotations === 'false' ? 'null' : `CASE WHEN ${annotations} THEN user.annotations END`}]`

/**
 * The clause that binds, for a viewer, how many users it mutes, blocks and is blocked by: most have none, and their
 * pages spare three kinds of seeks. `carry` names the variables that go on.
 */
export function viewerClause(form: ItemForm, carry: string): string {
  if (!form.viewer) return `WITH ${carry}, 0 AS apart`
  return `OPTIONAL MATCH (viewer:User {id: row.viewer_id})
WITH ${carry}, COUNT { (viewer)-[:MUTES]->() } + COUNT { (viewer)-[:BLOCKS]->() } + COUNT { (viewer)<-[:BLOCKS]-() } AS apart`
}

/**
 * The Cypher expression of a Sight of the users with these `ids` (an expression: a list), null without a viewer. One
 * seek of many keys a direction and page instead of a subquery a user: docs/decisions/007 has the figures. Each names
 * the index in which the keys of one viewer lie together.
 */
export function sightExpression(form: ItemForm, ids: string): string {
  if (!form.viewer) return 'null'
  const some = (type: string, viewer: string, other: string) =>
    `COLLECT { MATCH ()-[x:${type}]->() WHERE x.${viewer} = row.viewer_id AND x.${other} IN ${ids} RETURN x.${other} }`
  const follows = (viewer: string, other: string) =>
    some('FOLLOWS', viewer, other).replace('WHERE', `USING INDEX x:FOLLOWS(${viewer}, ${other}) WHERE`)
  return `[${follows('follower_id', 'followee_id')}, ${follows('followee_id', 'follower_id')},
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

/** The items with what the viewer's Sight says of each; changes them in place. */
export function seen<Items extends Item[]>(items: Items, sight: Sight): Items {
  if (sight === null) return items
  const [followed, followers] = sight.slice(0, 2).map(texts) as [Texts, Texts]
  const apart = sight[2]?.map(texts) as [Texts, Texts, Texts] | undefined
  for (const item of items) {
    const id = idOf(item)
    item[5] = followed.has(id)
    item[6] = followers.has(id)
    item[7] = apart === undefined ? null : [apart[0].has(id), apart[1].has(id), apart[2].has(id)]
  }
  return items
}

/** The user's id in decimal: rendered text begins with it. */
export const idOf = ([profile]: Item): string =>
  typeof profile === 'string' ? profile.slice(7, profile.indexOf('"', 7)) : String(profile.id)

type Texts = Set<string>
const texts = (ids: unknown): Texts => new Set((ids as bigint[]).map(String))
