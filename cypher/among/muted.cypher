// Of the users with these ids, those whom the user mutes.
// One seek for each, as in followers.
UNWIND $ids AS id
MATCH ()-[m:MUTES]->()
USING INDEX SEEK m:MUTES(muter_id, muted_id)
WHERE m.muter_id = $user_id AND m.muted_id = id AND m.id < $before AND m.id > $since
RETURN m.muted_id AS user_id, m.id AS pagination_id, m.muted_at AS made_at
