// Followers whom the user does not follow, newest follow first: a walk of the index (followee_id, id).
// Rows that the walk passes over are mutual follows, so a page costs its own size and at most the smaller of both degrees.
MATCH (user)-[f:FOLLOWS]->()
WHERE f.followee_id = $user_id AND f.id < $before AND f.id > $since
  AND NOT EXISTS { ()-[back:FOLLOWS]->() WHERE back.follower_id = $user_id AND back.followee_id = f.follower_id }
WITH user, f ORDER BY f.followee_id DESC, f.id DESC LIMIT $limit
RETURN user, f.follower_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
