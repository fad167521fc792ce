// The ten users whose follows are most similar to those of one user: users that both follow, as a share of the users that either follows.
// Cost: reads the followers of all users that the user follows. Change the id.
// Example: id 31, common 14, likeness 0.42
MATCH (a:User {id: 1})-[:FOLLOWS]->(x:User)<-[:FOLLOWS]-(b:User)
WHERE a <> b
WITH a, b, count(DISTINCT x) AS common
RETURN b.id AS id, common, toFloat(common) / (COUNT { (a)-[:FOLLOWS]->() } + COUNT { (b)-[:FOLLOWS]->() } - common) AS likeness
ORDER BY likeness DESC, id LIMIT 10;
