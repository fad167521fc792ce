// Followers whom the user does not follow, newest follow first: a walk of the index (followee_id, id).
// Rows that the walk passes over are mutual follows, so a page costs its own size and at most the smaller of both degrees.
// The ends are asked for behind the limit alone, so that the walk is never cut short (docs/decisions/009); a follow without the
// user's id was deleted a moment ago.
MATCH ()-[f:FOLLOWS]->()
USING INDEX SEEK f:FOLLOWS(followee_id, id)
WHERE f.followee_id = $user_id AND f.id < $before AND f.id > $since AND f.follower_id IS NOT NULL
  AND NOT EXISTS { ()-[back:FOLLOWS]->() WHERE back.follower_id = $user_id AND back.followee_id = f.follower_id }
WITH f ORDER BY f.followee_id DESC, f.id DESC LIMIT $limit
RETURN startNode(f) AS user, f.follower_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
