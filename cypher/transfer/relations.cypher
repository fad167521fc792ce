// Writes the follows of a batch; the sequence is the lock of all writers. A row without an id takes the next one, a row
// with one raises the sequence to it. An id that others may have been given since we looked (above $known, not above the
// sequence) is left out. Which pairs stand was read before: a pair that came meanwhile breaks the constraint, and the
// batch is read and written again. Columns instead of rows, and no look for the pair here: 9 against 2 thousand follows/s
// in one run beside other work. The same text with other names writes mutes and blocks.
// Takes $from, $to, $ids, $dates, $now, $highest, $unnumbered, $known
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.lock = true
SET sequence.value = coalesce(sequence.value, 0), sequence.era = coalesce(sequence.era, timestamp()) + 1
WITH sequence, sequence.value AS before
SET sequence.value = CASE WHEN before < $highest THEN $highest ELSE before END + $unnumbered
WITH before, sequence.value - $unnumbered AS base
UNWIND range(0, size($from) - 1) AS n
WITH before, base, n WHERE $ids[n] IS NULL OR $ids[n] > before OR $ids[n] <= $known
MATCH (follower:User {id: $from[n]})
MATCH (followee:User {id: $to[n]})
CREATE (follower)-[:FOLLOWS {id: coalesce($ids[n], base + n + 1), follower_id: $from[n], followee_id: $to[n], followed_at: coalesce($dates[n], $now)}]->(followee)
RETURN count(*) AS made, max(before) AS before, max(base) AS base
