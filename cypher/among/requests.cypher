// Of the users with these ids, those who have requested to follow the user.
// One seek for each, as in followers, by the index of pairs.
UNWIND $ids AS id
MATCH ()-[q:REQUESTS]->()
USING INDEX SEEK q:REQUESTS(requester_id, requested_id)
WHERE q.requester_id = id AND q.requested_id = $user_id AND q.id < $before AND q.id > $since
RETURN q.requester_id AS user_id, q.id AS pagination_id, q.requested_at AS made_at
