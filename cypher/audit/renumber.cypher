// Gives these follows, whose ids are not unique or are above 2^62, the next ids of the sequence.
// Takes $from, $to, $ids
// Logged: in bulk; the repair ends with a reset.
UNWIND range(0, size($ids) - 1) AS n
MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $from[n] AND f.followee_id = $to[n] AND f.id = $ids[n]
SET f.id = base + n + 1
RETURN count(f) AS repaired, size($ids) AS drawn
