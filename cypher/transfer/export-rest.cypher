// A page of the follows of one follower with ids above $after: the rest, if a page of export-relations ended in the middle.
// Takes $from_id, $after, $limit
MATCH (follower)-[f:FOLLOWS]->(followee)
WHERE f.follower_id = $from_id AND f.id > $after
WITH follower, f, followee ORDER BY f.follower_id ASC, f.id ASC
WHERE follower:User AND followee:User
WITH f LIMIT $limit
WITH f, CASE WHEN f.followed_at IS :: ZONED DATETIME NOT NULL THEN f.followed_at.epochSeconds END AS made_at
RETURN collect(f.follower_id) AS from_ids, collect(coalesce(f.followee_id, 0)) AS to_ids, collect(f.id) AS ids, collect(coalesce(made_at, 'none')) AS dates
