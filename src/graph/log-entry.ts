// Composes statements that write: each acquires the lock of all writers and adds one entry to the log of changes, in the same transaction.

/**
 * Acquires the lock of all writers, which is the sequence node. A property is set before anything is read, so that the transaction
 * has the write lock from the start; transactions that read a property first ran into deadlocks (docs/decisions/001).
 */
export const TAKE_LOCK = "MERGE (sequence:Sequence {name: 'relations'})\nSET sequence.lock = true"

// If the sequence node was deleted by hand, the new one continues after the newest entry of the log. In all other cases the sequence has an
// ordinal; then the lower bound of the index seek is so high that no entry is read. The plan runs the seek before the filter, so with the bound 0
// each change read the whole log (29 November 2026, 25,000 entries: 25,089 instead of 51 database hits, 5.6 instead of 1.9 ms).
const LOCK = `${TAKE_LOCK}
WITH sequence
CALL (sequence) {
  WITH sequence WHERE sequence.ordinal IS NULL
  MATCH (newest:Log) WHERE newest.ordinal > CASE WHEN sequence.ordinal IS NULL THEN 0 ELSE ${2n ** 63n - 1n} END
  WITH sequence, newest ORDER BY newest.ordinal DESC LIMIT 1
  SET sequence.value = newest.last, sequence.ordinal = newest.ordinal, sequence.events = newest.total
}
WITH sequence, coalesce(sequence.value, 0) AS base, datetime.realtime() AS at`

/** The `about` of an entry whose transaction changed more than its events describe, as a part of an import or a repair does. */
export const BULK = 'bulk'

// Events as lists [kind, from, to, pagination id], flattened in order.
const FLAT = 'reduce(all = [], row IN rows | all + row.events)'

// Cypher may have written anything as the id of a relationship or of its ends, such as a UUID. Neo4j stores no list of mixed types, and then the
// change would fail for good: what is no integer counts as 0, like an id that does not exist.
const integer = (n: number) => `CASE WHEN e[${n}] IS :: INTEGER NOT NULL THEN e[${n}] ELSE 0 END`
const columns = ['e[0]', integer(1), integer(2), integer(3)].map((value) => `[e IN events | ${value}]`)
const [KINDS, FROM, TO, IDS] = columns as [string, string, string, string]
const some = (list: string) => `CASE WHEN events = [] THEN null ELSE ${list} END`

/**
 * Wraps the body of a statement, which is `CALL`ed under the lock. The body may use the variables `sequence`, `base` (the last id
 * that was drawn) and `at` (the time, read under the lock). These columns of the body are for the log:
 * - `events`: a list of [kind, from, to, pagination id], the events of this row (0 for an id that does not apply);
 * - `drawn`: the number of ids after `base` that the row has used for relationships;
 * - `about`: a text for the entry, such as the reason of a reset;
 * - `touched`: ids of users for the entry, instead of the ids of its events' relationships.
 * The entry is written even if the body returns no row, so that readers can rely on ordinals without gaps. `bulk`: the body changes more
 * than its events describe, and the entry is marked with BULK.
 */
export function logged(body: string, columns: string[], bulk = false): string {
  const has = (name: string) => columns.includes(name)
  const returned = columns.filter((name) => !['events', 'drawn', 'about', 'touched'].includes(name))
  const events = has('events') ? FLAT : '[]'
  const about = has('about')
    ? 'head([row IN rows WHERE row.about IS NOT NULL | row.about])'
    : bulk
      ? `'${BULK}'`
      : 'null'
  const ids = has('touched') ? 'reduce(all = [], row IN rows | all + row.touched)' : IDS
  const drawn = has('drawn') ? 'reduce(sum = 0, row IN rows | sum + row.drawn)' : '0'
  return `${LOCK}
CALL (sequence, base, at) {
  CALL (sequence, base, at) {
    ${body}
  }
  RETURN collect({${columns.map((name) => `${name}: ${name}`).join(', ')}}) AS rows
}
WITH sequence, base, at, rows, ${events} AS events, ${drawn} AS drawn
SET sequence.value = base + CASE WHEN size(events) > drawn THEN size(events) ELSE drawn END,
  sequence.ordinal = coalesce(sequence.ordinal, 0) + 1, sequence.events = coalesce(sequence.events, 0) + size(events)
CREATE (:Log {ordinal: sequence.ordinal, first: base + 1, last: sequence.value, total: sequence.events, at: at.epochMillis,
  kinds: ${some(KINDS)}, from: ${some(FROM)}, to: ${some(TO)}, ids: ${some(ids)},
  about: ${about}})
WITH rows UNWIND rows AS row
RETURN ${returned.map((name) => `row.${name} AS ${name}`).join(', ')}`
}

/**
 * Wraps a statement that makes many changes. A transaction may have several such statements: the first has `$batch.begins`
 * set to true and creates the log's entry, the others add to it. `body` is called for each row of `$batch.rows` with `row`, `next_id`
 * and `now`, and returns `columns`, including `events`. `end` comes last and can use `n`, `row`, `next_id` and the columns.
 */
export function loggedRows(body: string, columns: string[], end: string): string {
  const kept = ['n', 'row', 'next_id', ...columns]
  const add = (name: string, list: string) =>
    `log.${name} = CASE WHEN events = [] THEN log.${name} ELSE coalesce(log.${name}, []) + ${list} END`
  return `${LOCK}
CALL (base, at) {
  UNWIND range(0, size($batch.rows) - 1) AS n
  WITH n, $batch.rows[n] AS row, base + n + 1 AS next_id, datetime.truncate('second', at) AS now
  CALL (row, next_id, now) { ${body} }
  RETURN collect({${kept.map((name) => `${name}: ${name}`).join(', ')}}) AS rows
}
WITH sequence, base, at, rows, ${FLAT} AS events
SET sequence.value = base + CASE WHEN size(events) > size($batch.rows) THEN size(events) ELSE size($batch.rows) END,
  sequence.ordinal = coalesce(sequence.ordinal, 0) + CASE WHEN $batch.begins THEN 1 ELSE 0 END,
  sequence.events = coalesce(sequence.events, 0) + size(events)
MERGE (log:Log {ordinal: sequence.ordinal})
ON CREATE SET log.first = base + 1, log.at = at.epochMillis
SET log.last = sequence.value, log.total = sequence.events,
  ${add('kinds', KINDS)}, ${add('from', FROM)}, ${add('to', TO)}, ${add('ids', IDS)}
WITH rows UNWIND rows AS one
WITH ${kept.map((name) => `one.${name} AS ${name}`).join(', ')}
${end}`
}
