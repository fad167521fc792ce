// The twenty users with the most attention: each user shares one unit of attention evenly among the users that it follows.
// Needs the whole graph: one degree read per follow, 3 s per million follows. One step of PageRank.
// Example: id 2, attention 61.3
MATCH (a:User)-[:FOLLOWS]->(b:User)
RETURN b.id AS id, sum(1.0 / COUNT { (a)-[:FOLLOWS]->() }) AS attention
ORDER BY attention DESC, id LIMIT 20;
