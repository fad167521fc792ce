// Follows between two users of whom one blocks the other.
// Takes $limit
MATCH (blocker:User)-[:BLOCKS]->(blocked:User) WHERE blocker <> blocked
MATCH (blocker)-[f:FOLLOWS]-(blocked)
WITH DISTINCT f
RETURN elementId(f) AS element, startNode(f).id AS from_id, endNode(f).id AS to_id LIMIT $limit
