// Completes follows that were created by hand: sets the ids of their ends, an id from the sequence, and now as the date.
// Takes $elements
// Logged: in bulk; the repair ends with a reset.
UNWIND range(0, size($elements) - 1) AS n
MATCH (a:User)-[f:FOLLOWS]->(b:User) WHERE elementId(f) = $elements[n] AND a.id > 0 AND b.id > 0
SET f.id = CASE WHEN f.id IS :: INTEGER NOT NULL AND f.id > 0 THEN f.id ELSE base + n + 1 END,
  f.follower_id = a.id, f.followee_id = b.id,
  f.followed_at = CASE WHEN f.followed_at IS :: ZONED DATETIME NOT NULL THEN f.followed_at ELSE datetime.truncate('second') END
RETURN count(f) AS repaired, size($elements) AS drawn
