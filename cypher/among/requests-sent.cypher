// Of the users with these ids, those whom the user has requested to follow.
// One seek for each, as in followers.
UNWIND $ids AS id
MATCH ()-[q:REQUESTS]->()
USING INDEX SEEK q:REQUESTS(requester_id, requested_id)
WHERE q.requester_id = $user_id AND q.requested_id = id AND q.id < $before AND q.id > $since
RETURN q.requested_id AS user_id, q.id AS pagination_id, q.requested_at AS made_at
