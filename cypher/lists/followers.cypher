// Users that follow the user, newest follow first: a walk of the index (followee_id, id).
// The equality column stands in ORDER BY too, or the planner sorts the whole list; the hint keeps the planner from walking
// everybody's follows instead. The ends are read behind the limit alone, so that the walk is never cut short
// (docs/decisions/009); a follow without the user's id was deleted a moment ago.
MATCH ()-[f:FOLLOWS]->()
USING INDEX SEEK f:FOLLOWS(followee_id, id)
WHERE f.followee_id = $user_id AND f.id < $before AND f.id > $since AND f.follower_id IS NOT NULL
WITH f ORDER BY f.followee_id DESC, f.id DESC LIMIT $limit
RETURN startNode(f) AS user, f.follower_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
