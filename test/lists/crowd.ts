// Creates thousands of followers with Cypher, in small transactions, so that the writers of other test files do not wait.
import type { Graph } from '../../src/graph/graph.ts'

const STEP = 1_000n
// Milliseconds; a database that was just started plans these statements for longer than a request would wait.
const PATIENCE = 60_000

/** Takes ids from the sequence in a transaction of its own: whoever keeps the sequence keeps every writer. */
export async function reserveIds(graph: Graph, count: bigint): Promise<bigint> {
  const text =
    "MERGE (s:Sequence {name: 'relations'}) SET s.value = coalesce(s.value, 0) + $count RETURN s.value - $count"
  const [row] = await graph.write('test/reserve', text, { count }, PATIENCE)
  return row?.[0] as bigint
}

const FANS = `MATCH (star:User {id: $star})
UNWIND range($start + 1, $start + $step) AS n
WITH star, n, datetime.truncate('second') AS now
CREATE (fan:User {id: $from + n, username_key: 'fan' + toString($from + n), search_words: $words[n - $start - 1]})-[:FOLLOWS {id: $base + 2 * n - 1, follower_id: $from + n, followee_id: $star, followed_at: now}]->(star)
FOREACH (_ IN CASE WHEN $back THEN [1] ELSE [] END |
  CREATE (star)-[:FOLLOWS {id: $base + 2 * n, follower_id: $star, followee_id: $from + n, followed_at: now}]->(fan))`

/**
 * Makes `count` users (a multiple of 1,000) who follow the star, in the order of their ids, which begin after `from`.
 * With `back` the star follows each of them too. Their search words are there from the beginning: a service that runs beside the test
 * gives words of their names to users that have none, and would overwrite words that come later.
 */
export async function crowd(
  graph: Graph,
  star: bigint,
  from: bigint,
  count: bigint,
  back: boolean,
  wordsOf: (n: number) => string = () => '',
): Promise<void> {
  const base = await reserveIds(graph, 2n * count)
  for (let start = 0n; start < count; start += STEP) {
    const words = Array.from({ length: Number(STEP) }, (_, n) => wordsOf(Number(start) + n + 1))
    await graph.write('test/crowd', FANS, { star, from, base, start, step: STEP, back, words }, PATIENCE)
  }
}

/** Takes the crowd away again. */
export async function disperse(graph: Graph, from: bigint, count: bigint): Promise<void> {
  for (let start = 0n; start < count; start += STEP) {
    const text = 'MATCH (fan:User) WHERE fan.id > $low AND fan.id <= $high DETACH DELETE fan'
    await graph.write('test/disperse', text, { low: from + start, high: from + start + STEP }, PATIENCE)
  }
}
