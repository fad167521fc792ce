// Follows that start and end at the same user.
// Takes $limit
MATCH (a)-[f:FOLLOWS]->(b) WHERE a = b
RETURN elementId(f) AS element, a.id AS from_id, b.id AS to_id LIMIT $limit
