// Users that the user mutes, newest mute first: a walk of the index (muter_id, id), as in followers.
MATCH ()-[m:MUTES]->()
USING INDEX SEEK m:MUTES(muter_id, id)
WHERE m.muter_id = $user_id AND m.id < $before AND m.id > $since AND m.muted_id IS NOT NULL
WITH m ORDER BY m.muter_id DESC, m.id DESC LIMIT $limit
RETURN endNode(m) AS user, m.muted_id AS user_id, m.id AS pagination_id, m.muted_at AS made_at
