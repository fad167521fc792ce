// Follows that lack one of the four properties, or whose properties do not match their ends. Those with the ids of another pair
// (`unmatched`) come first.
// Takes $limit
MATCH (a:User)-[f:FOLLOWS]->(b:User)
WHERE a <> b AND NOT coalesce(f.follower_id = a.id AND f.followee_id = b.id AND f.id IS :: INTEGER NOT NULL AND f.id > 0
  AND f.followed_at IS :: ZONED DATETIME NOT NULL, false)
WITH a, b, f, coalesce(f.follower_id <> a.id, false) OR coalesce(f.followee_id <> b.id, false) AS unmatched
RETURN elementId(f) AS element, a.id AS from_id, b.id AS to_id, unmatched ORDER BY unmatched DESC LIMIT $limit
