// Users that follow the user, newest follow first: a walk of the index (followee_id, id).
// The equality column stands in ORDER BY too, or the planner sorts the whole list; end nodes carry no label,
// which would cost a filter a row. The hint keeps the planner from walking everybody's follows instead (decisions/009).
MATCH (user)-[f:FOLLOWS]->()
USING INDEX SEEK f:FOLLOWS(followee_id, id)
WHERE f.followee_id = $user_id AND f.id < $before AND f.id > $since
WITH user, f ORDER BY f.followee_id DESC, f.id DESC LIMIT $limit
RETURN user, f.follower_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
