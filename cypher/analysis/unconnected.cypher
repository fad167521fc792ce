// Users who neither follow nor are followed, the first hundred by id.
// Needs the whole graph: a degree read a user, 1 s a million users.
// Example: id 1999, username quiet
MATCH (u:User)
WHERE NOT EXISTS { (u)-[:FOLLOWS]-() }
RETURN u.id AS id, u.username AS username
ORDER BY id LIMIT 100;
