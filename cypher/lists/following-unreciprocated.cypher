// Users that the user follows and who do not follow back, newest follow first: a walk of the index (follower_id, id).
// The walk skips mutual follows, so a page reads its own size plus at most the smaller of the user's two counts.
// The end nodes are read only after LIMIT, as in followers (docs/decisions/009). A follow without followee_id was deleted a moment ago.
MATCH ()-[f:FOLLOWS]->()
USING INDEX SEEK f:FOLLOWS(follower_id, id)
WHERE f.follower_id = $user_id AND f.id < $before AND f.id > $since AND f.followee_id IS NOT NULL
  AND NOT EXISTS { ()-[back:FOLLOWS]->() WHERE back.follower_id = f.followee_id AND back.followee_id = $user_id }
WITH f ORDER BY f.follower_id DESC, f.id DESC LIMIT $limit
RETURN endNode(f) AS user, f.followee_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
