// Gives follows that stand the id and the date of a file; null leaves either as it is.
// Takes $from, $to, $ids, $dates, $highest
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.value = CASE WHEN coalesce(sequence.value, 0) < $highest THEN $highest ELSE coalesce(sequence.value, 0) END
WITH sequence
UNWIND range(0, size($from) - 1) AS n
MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $from[n] AND f.followee_id = $to[n]
SET f.id = coalesce($ids[n], f.id), f.followed_at = coalesce($dates[n], f.followed_at)
RETURN count(f) AS replaced
