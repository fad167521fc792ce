// Users that the user blocks, newest block first: a walk of the index (blocker_id, id).
MATCH ()-[b:BLOCKS]->(user)
USING INDEX SEEK b:BLOCKS(blocker_id, id)
WHERE b.blocker_id = $user_id AND b.id < $before AND b.id > $since
WITH user, b ORDER BY b.blocker_id DESC, b.id DESC LIMIT $limit
RETURN user, b.blocked_id AS user_id, b.id AS pagination_id, b.blocked_at AS made_at
