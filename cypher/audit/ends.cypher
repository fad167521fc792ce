// Follows with an end that is not a user. Follows of users who are being deleted are left to the deletion.
// Takes $limit
MATCH (a)-[f:FOLLOWS]->(b)
WHERE NOT (a:User AND b:User) AND NOT a:Gone AND NOT b:Gone
RETURN elementId(f) AS element, a.id AS from_id, b.id AS to_id LIMIT $limit
