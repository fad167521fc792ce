// Gives these follows, whose id another one has, the next ids of the sequence.
// Takes $from, $to, $ids
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.lock = true
SET sequence.value = coalesce(sequence.value, 0) + size($ids), sequence.era = coalesce(sequence.era, timestamp()) + 1
WITH sequence.value - size($ids) AS base
UNWIND range(0, size($ids) - 1) AS n
MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $from[n] AND f.followee_id = $to[n] AND f.id = $ids[n]
SET f.id = base + n + 1
RETURN count(f) AS mended
