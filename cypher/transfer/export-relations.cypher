// A page of follows by followers with ids above $after, in order of (follower_id, id): a walk of that index, returned as one list
// per column. Follows of or by users that are being deleted are left out. Mutes and blocks use the same text with other names.
// Takes $after, $limit
MATCH (follower)-[f:FOLLOWS]->(followee)
WHERE f.follower_id > $after AND f.id > 0
WITH follower, f, followee ORDER BY f.follower_id ASC, f.id ASC
WHERE follower:User AND followee:User
WITH f LIMIT $limit
WITH f, CASE WHEN f.followed_at IS :: ZONED DATETIME NOT NULL THEN f.followed_at.epochSeconds END AS made_at
RETURN collect(f.follower_id) AS from_ids, collect(coalesce(f.followee_id, 0)) AS to_ids, collect(f.id) AS ids, collect(coalesce(made_at, 'none')) AS dates
