// The twenty users with the most followers.
// Needs the whole graph: one degree read per user, 1 s per million users.
// Example: id 2, username star, followers 1402
MATCH (u:User)
WITH u, COUNT { (u)<-[:FOLLOWS]-() } AS followers
ORDER BY followers DESC, u.id LIMIT 20
RETURN u.id AS id, u.username AS username, followers
ORDER BY followers DESC, id;
