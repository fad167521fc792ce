// Of the users with these ids, those whom the user blocks.
// One seek for each, as in followers.
UNWIND $ids AS id
MATCH ()-[b:BLOCKS]->()
USING INDEX SEEK b:BLOCKS(blocker_id, blocked_id)
WHERE b.blocker_id = $user_id AND b.blocked_id = id AND b.id < $before AND b.id > $since
RETURN b.blocked_id AS user_id, b.id AS pagination_id, b.blocked_at AS made_at
