// Users who have requested to follow the user, newest request first: a walk of the index (requested_id, id), as in followers.
MATCH ()-[q:REQUESTS]->()
USING INDEX SEEK q:REQUESTS(requested_id, id)
WHERE q.requested_id = $user_id AND q.id < $before AND q.id > $since AND q.requester_id IS NOT NULL
WITH q ORDER BY q.requested_id DESC, q.id DESC LIMIT $limit
RETURN startNode(q) AS user, q.requester_id AS user_id, q.id AS pagination_id, q.requested_at AS made_at
