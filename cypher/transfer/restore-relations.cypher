// Creates again relationships between users that were deleted since they were saved, for test suites.
// Takes $batch
// Logged: in bulk; a reset follows.
UNWIND $batch.relations AS missing
MATCH (from:User|Gone {id: missing.from_id}), (to:User|Gone {id: missing.to_id})
CREATE (from)-[r:$(missing.type)]->(to)
SET r = missing.properties
RETURN count(r) AS created
