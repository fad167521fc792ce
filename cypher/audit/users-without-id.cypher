// Users without an id, or with one that is not a whole number above zero.
// Takes $limit
MATCH (user:User)
WHERE NOT coalesce(user.id IS :: INTEGER NOT NULL AND user.id > 0, false)
RETURN elementId(user) AS element, user.username AS username LIMIT $limit
