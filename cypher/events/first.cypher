// The id after which a user's own events begin (users/create); 0 if they begin with the log, or if there is no such user.
// Takes $user_id
OPTIONAL MATCH (user:User {id: $user_id})
RETURN CASE WHEN user.events_after IS :: INTEGER NOT NULL THEN user.events_after ELSE 0 END AS after
