// Follows whose four properties are not all there, or do not agree with the ends; `strange` are those that claim another pair,
// and come first.
// Takes $limit
MATCH (a:User)-[f:FOLLOWS]->(b:User)
WHERE a <> b AND NOT coalesce(f.follower_id = a.id AND f.followee_id = b.id AND f.id IS :: INTEGER NOT NULL AND f.id > 0
  AND f.followed_at IS :: ZONED DATETIME NOT NULL, false)
WITH a, b, f, coalesce(f.follower_id <> a.id, false) OR coalesce(f.followee_id <> b.id, false) AS strange
RETURN elementId(f) AS element, a.id AS from_id, b.id AS to_id, strange ORDER BY strange DESC LIMIT $limit
