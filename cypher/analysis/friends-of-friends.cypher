// Suggestions for one user: the twenty users that it does not follow yet and that most of its followed users follow.
// Cost: reads the follows of all users that the user follows. Change the id.
// Example: id 40, known_followers 9
MATCH (a:User {id: 1})-[:FOLLOWS]->(x:User)-[:FOLLOWS]->(b:User)
WHERE a <> b AND NOT EXISTS { (a)-[:FOLLOWS]->(b) }
RETURN b.id AS id, count(DISTINCT x) AS known_followers
ORDER BY known_followers DESC, id LIMIT 20;
