// The twenty users with the most attention: each user's attention is one, shared evenly among those whom it follows.
// Needs the whole graph: a degree read a follow, 3 s a million follows. One step of PageRank.
// Example: id 2, attention 61.3
MATCH (a:User)-[:FOLLOWS]->(b:User)
RETURN b.id AS id, sum(1.0 / COUNT { (a)-[:FOLLOWS]->() }) AS attention
ORDER BY attention DESC, id LIMIT 20;
