// Users without followers who follow nobody, the first hundred by id.
// Needs the whole graph: one degree read per user, 1 s per million users.
// Example: id 1999, username quiet
MATCH (u:User)
WHERE NOT EXISTS { (u)-[:FOLLOWS]-() }
RETURN u.id AS id, u.username AS username
ORDER BY id LIMIT 100;
