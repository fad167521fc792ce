// Writes the follows of a batch that are not there yet; the sequence is the lock of all writers. A row without an id
// takes the next one; a row with one raises the sequence above it.
// Takes $rows, $now, $highest
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.value = CASE WHEN coalesce(sequence.value, 0) < $highest THEN $highest ELSE coalesce(sequence.value, 0) END
SET sequence.value = sequence.value + size($rows)
WITH sequence.value - size($rows) AS base
UNWIND range(0, size($rows) - 1) AS n
WITH $rows[n] AS row, base + n + 1 AS next_id
MATCH (follower:User {id: row[0]})
MATCH (followee:User {id: row[1]})
CALL (row, next_id, follower, followee) {
  OPTIONAL MATCH ()-[old:FOLLOWS]->() WHERE old.follower_id = row[0] AND old.followee_id = row[1]
  WITH old WHERE old IS NULL
  CREATE (follower)-[:FOLLOWS {id: coalesce(row[2], next_id), follower_id: row[0], followee_id: row[1], followed_at: coalesce(row[3], $now)}]->(followee)
  RETURN count(*) AS made
}
RETURN sum(made) AS made
