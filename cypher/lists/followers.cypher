// Users that follow the user, newest follow first: a walk of the index (followee_id, id).
// ORDER BY repeats the equality column, otherwise the planner sorts the whole list; without the hint it may walk the follows
// of all users. The end nodes are read only after LIMIT, because a deletion that runs at the same time could otherwise end the
// walk early (docs/decisions/009). A follow without follower_id was deleted a moment ago.
MATCH ()-[f:FOLLOWS]->()
USING INDEX SEEK f:FOLLOWS(followee_id, id)
WHERE f.followee_id = $user_id AND f.id < $before AND f.id > $since AND f.follower_id IS NOT NULL
WITH f ORDER BY f.followee_id DESC, f.id DESC LIMIT $limit
RETURN startNode(f) AS user, f.follower_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
