// Writes the follows of a batch. A row without an id gets the next one; an id in a row raises the sequence to it. A row is skipped
// if another client may have drawn its id since the check (above $known and up to the sequence). Existing pairs were read
// before: a pair created since then violates the constraint, and the batch is checked and written again. The parameters are columns, not
// rows, and pairs are not checked here: 9,000 instead of 2,000 follows/s in one run, with other work at the same time. Mutes and blocks use the
// same text with other names.
// Takes $from, $to, $ids, $dates, $now, $highest, $unnumbered, $known
// Logged: in bulk; the import ends with a reset.
WITH base AS before, CASE WHEN base < $highest THEN $highest ELSE base END AS start
UNWIND range(0, size($from) - 1) AS n
WITH before, start, n WHERE $ids[n] IS NULL OR $ids[n] > before OR $ids[n] <= $known
MATCH (follower:User {id: $from[n]})
MATCH (followee:User {id: $to[n]})
CREATE (follower)-[:FOLLOWS {id: coalesce($ids[n], start + n + 1), follower_id: $from[n], followee_id: $to[n], followed_at: coalesce($dates[n], $now)}]->(followee)
RETURN count(*) AS made, max(before) AS before, max(start) AS start, coalesce(max(start) - max(before) + $unnumbered, 0) AS drawn
