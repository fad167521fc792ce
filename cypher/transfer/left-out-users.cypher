// Counts users that an export leaves out: their id is not a whole number above zero. A walk of all users.
MATCH (user:User)
WHERE NOT coalesce(user.id IS :: INTEGER NOT NULL AND user.id > 0, false)
RETURN count(user) AS left_out
