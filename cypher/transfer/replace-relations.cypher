// Gives follows that stand the id and the date of a file; null leaves either as it is. An id that others may have been
// given since we looked (above $known, not above the sequence) is left out, as in relations.
// Takes $from, $to, $ids, $dates, $highest, $known
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.lock = true
SET sequence.value = coalesce(sequence.value, 0), sequence.era = coalesce(sequence.era, timestamp()) + 1
WITH sequence, sequence.value AS before
SET sequence.value = CASE WHEN before < $highest THEN $highest ELSE before END
WITH before
UNWIND range(0, size($from) - 1) AS n
WITH before, n WHERE $ids[n] IS NULL OR $ids[n] > before OR $ids[n] <= $known
MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $from[n] AND f.followee_id = $to[n]
SET f.id = coalesce($ids[n], f.id), f.followed_at = coalesce($dates[n], f.followed_at)
RETURN count(f) AS replaced, max(before) AS before
