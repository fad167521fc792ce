// Users that the user follows, newest follow first: a walk of the index (follower_id, id).
MATCH ()-[f:FOLLOWS]->(user)
USING INDEX SEEK f:FOLLOWS(follower_id, id)
WHERE f.follower_id = $user_id AND f.id < $before AND f.id > $since
WITH user, f ORDER BY f.follower_id DESC, f.id DESC LIMIT $limit
RETURN user, f.followee_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
