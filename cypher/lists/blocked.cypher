// Users that the user blocks, newest block first: a walk of the index (blocker_id, id), as in followers.
MATCH ()-[b:BLOCKS]->()
USING INDEX SEEK b:BLOCKS(blocker_id, id)
WHERE b.blocker_id = $user_id AND b.id < $before AND b.id > $since AND b.blocked_id IS NOT NULL
WITH b ORDER BY b.blocker_id DESC, b.id DESC LIMIT $limit
RETURN endNode(b) AS user, b.blocked_id AS user_id, b.id AS pagination_id, b.blocked_at AS made_at
