// Users that the user follows, newest follow first: a walk of the index (follower_id, id), as in followers.
MATCH ()-[f:FOLLOWS]->()
USING INDEX SEEK f:FOLLOWS(follower_id, id)
WHERE f.follower_id = $user_id AND f.id < $before AND f.id > $since AND f.followee_id IS NOT NULL
WITH f ORDER BY f.follower_id DESC, f.id DESC LIMIT $limit
RETURN endNode(f) AS user, f.followee_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
