// Gives existing follows the id and the date of a file; null leaves either as it is. A row is skipped if another client may have
// drawn its id since the check (above $known and up to the sequence), as in relations.cypher.
// Takes $from, $to, $ids, $dates, $highest, $known
// Logged: in bulk; the import ends with a reset.
WITH base AS before
UNWIND range(0, size($from) - 1) AS n
WITH before, n WHERE $ids[n] IS NULL OR $ids[n] > before OR $ids[n] <= $known
MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $from[n] AND f.followee_id = $to[n]
SET f.id = coalesce($ids[n], f.id), f.followed_at = coalesce($dates[n], f.followed_at)
RETURN count(f) AS replaced, max(before) AS before, CASE WHEN max(before) < $highest THEN $highest - max(before) ELSE 0 END AS drawn
