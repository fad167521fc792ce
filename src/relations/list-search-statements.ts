// Composes the statements that look for matches of a search in a list, and that sort a list by username or followers.
import { type Query, withoutReturn } from '../graph/queries.ts'

const seconds = (date: string) => `CASE WHEN ${date} IS :: ZONED DATETIME THEN ${date}.epochSeconds END`
// The columns of a row that was found. The user is read in a second query.
const ROW = `[user_id, pagination_id, ${seconds('made_at')}]`

// The same condition as in cypher/users/search.cypher. Without words in $usernames every user matches.
const MATCHES = `user:User AND user.id IS NOT NULL AND (all(word IN $usernames WHERE user.search_words CONTAINS word)
    OR ($names <> [] AND all(word IN $names WHERE user.search_words CONTAINS word)) OR user.username_key = $username)`

const WHOLE_LIST = { before: '9223372036854775807', since: '0' }

/** A statement with other expressions for some of its parameters. */
const withParameters = (statement: string, expressions: Record<string, string>): string =>
  statement.replace(/\$(\w+)/g, (parameter, name: string) => expressions[name] ?? parameter)

/** The length of a list up to $depth. Only for lists whose length does not follow from degrees. */
export const lengthStatement = (list: Query): string =>
  `CALL () { ${withParameters(list.statement, { ...WHOLE_LIST, limit: '$depth' })} }
RETURN count(*) AS length`

/** Walks up to $depth rows of a list and ends after $limit matches. With `total` it also counts the matches of the whole list. */
export function walkStatement(list: Query, total: boolean): string {
  const matches = (expressions: Record<string, string>) =>
    `CALL () { ${withParameters(list.statement, { ...expressions, limit: '$depth' })} }
  WITH user, pagination_id, made_at WHERE ${MATCHES}`
  return `CALL () {
  ${matches({})}
  WITH user.id AS user_id, pagination_id, made_at LIMIT $limit
  RETURN collect(${ROW}) AS rows
}
${total ? `CALL (rows) { ${matches(WHOLE_LIST)}\n  RETURN count(*) AS total }\n` : ''}RETURN rows, ${total ? 'total' : 'null AS total'}`
}

/**
 * Gets up to $most matches from the search index and looks each up in a list; if there are more than $bound, none is looked up.
 * $sign is 1 for the newest rows and -1 for the oldest.
 */
export function matchesStatement(among: Query, total: boolean): string {
  const rows = (expressions: Record<string, string>) =>
    withParameters(withoutReturn(among), { ...expressions, ids: 'ids' })
  const column = (name: string) => among.columns.get(name) as string
  const id = column('pagination_id')
  return `CALL db.index.fulltext.queryNodes('user_search', $lucene, {limit: $most}) YIELD node
WITH collect(node.id) AS found
OPTIONAL MATCH (exact:User {username_key: $username})
WITH size(found) AS matches,
  CASE WHEN size(found) > $bound THEN [] ELSE found + [id IN [exact.id] WHERE id IS NOT NULL AND NOT id IN found] END AS ids
CALL (ids) { ${rows({})}
  WITH * ORDER BY $sign * ${id} DESC LIMIT $limit
  RETURN collect([${column('user_id')}, ${id}, ${seconds(column('made_at'))}]) AS rows
}
${total ? `CALL (ids) { ${rows(WHOLE_LIST)}\n  RETURN count(*) AS total }\n` : ''}RETURN matches, rows, ${total ? 'total' : 'null AS total'}`
}

// The sort key of each order (lowest first), and the parameter for the position after which a page begins.
const KEYS = {
  username: { key: "coalesce(toStringOrNull(user.username_key), '')", after: '$after_username' },
  followers: { key: '-COUNT { (user)<-[:FOLLOWS]-() }', after: '$after_followers' },
} as const

/** The orders that have cursors of their own. */
export type CursorSort = keyof typeof KEYS
export const CURSOR_SORTS = Object.keys(KEYS) as CursorSort[]

/** Sorts up to $depth rows of a list, filtered by a search, and returns those after a position; of equals the newest row comes first. */
export function sortedStatement(list: Query, sort: CursorSort): string {
  const { key, after } = KEYS[sort]
  return `CALL () { ${withParameters(list.statement, { ...WHOLE_LIST, limit: '$depth' })} }
WITH user, pagination_id, made_at WHERE ${MATCHES}
WITH user.id AS user_id, pagination_id, made_at, ${key} AS key
WHERE key > ${after} OR (key = ${after} AND pagination_id < $after_id)
WITH user_id, pagination_id, made_at, key ORDER BY key, pagination_id DESC LIMIT $limit
RETURN collect(${ROW} + [key]) AS rows`
}
