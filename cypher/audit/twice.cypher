// Duplicate follows of a pair. The constraint allows only one follow with the right properties, so each duplicate lacks them: only
// such follows are searched from. The follow whose properties match its ends is kept, otherwise the lowest id, otherwise the oldest.
// Takes $limit
MATCH (a:User)-[wrong:FOLLOWS]->(b:User)
WHERE a <> b AND NOT coalesce(wrong.follower_id = a.id AND wrong.followee_id = b.id, false)
MATCH (a)-[f:FOLLOWS]->(b)
WITH a, b, collect(DISTINCT f) AS same WHERE size(same) > 1
CALL (a, b, same) {
  UNWIND same AS f
  WITH f ORDER BY coalesce(f.follower_id = a.id AND f.followee_id = b.id, false) DESC,
    CASE WHEN f.id IS :: INTEGER NOT NULL THEN f.id END,
    CASE WHEN f.followed_at IS :: ZONED DATETIME NOT NULL THEN f.followed_at END,
    elementId(f)
  SKIP 1
  RETURN f
}
RETURN elementId(f) AS element, a.id AS from_id, b.id AS to_id LIMIT $limit
