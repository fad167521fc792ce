// Users whom the user has requested to follow, newest request first: a walk of the index (requester_id, id), as in followers.
MATCH ()-[q:REQUESTS]->()
USING INDEX SEEK q:REQUESTS(requester_id, id)
WHERE q.requester_id = $user_id AND q.id < $before AND q.id > $since AND q.requested_id IS NOT NULL
WITH q ORDER BY q.requester_id DESC, q.id DESC LIMIT $limit
RETURN endNode(q) AS user, q.requested_id AS user_id, q.id AS pagination_id, q.requested_at AS made_at
