// The next free user id: one above the highest, read from the end of the index.
MATCH (u:User) WHERE u.id > 0
RETURN u.id + 1 AS id ORDER BY u.id DESC LIMIT 1
