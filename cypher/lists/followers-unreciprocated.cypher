// Followers whom the user does not follow, newest follow first: a walk of the index (followee_id, id).
// The walk skips mutual follows, so a page reads its own size plus at most the smaller of the user's two counts.
// The end nodes are read only after LIMIT, as in followers (docs/decisions/009). A follow without follower_id was deleted a moment ago.
MATCH ()-[f:FOLLOWS]->()
USING INDEX SEEK f:FOLLOWS(followee_id, id)
WHERE f.followee_id = $user_id AND f.id < $before AND f.id > $since AND f.follower_id IS NOT NULL
  AND NOT EXISTS { ()-[back:FOLLOWS]->() WHERE back.follower_id = $user_id AND back.followee_id = f.follower_id }
WITH f ORDER BY f.followee_id DESC, f.id DESC LIMIT $limit
RETURN startNode(f) AS user, f.follower_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
