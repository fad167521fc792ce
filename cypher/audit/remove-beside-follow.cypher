// Removes these requests if their user still follows.
// Takes $elements
// Logged: in bulk; the repair ends with a reset.
UNWIND $elements AS element
MATCH (a)-[q:REQUESTS]->(b) WHERE elementId(q) = element AND EXISTS { (a)-[:FOLLOWS]->(b) }
DELETE q
RETURN count(*) AS repaired
