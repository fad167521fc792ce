// Requests of users who follow already.
// Takes $limit
MATCH (a:User)-[q:REQUESTS]->(b:User) WHERE EXISTS { (a)-[:FOLLOWS]->(b) }
RETURN elementId(q) AS element, a.id AS from_id, b.id AS to_id LIMIT $limit
