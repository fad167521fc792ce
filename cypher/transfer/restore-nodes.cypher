// Gives these nodes the properties that they had, and creates those that are gone, for test suites.
// Takes $batch
// Logged: in bulk; a reset follows.
CALL () {
  UNWIND $batch.changed AS changed
  MATCH (n) WHERE elementId(n) = changed.node
  SET n = changed.properties
}
CALL () {
  UNWIND $batch.missing AS missing
  CREATE (n:$(missing.labels))
  SET n = missing.properties
}
RETURN true AS done
