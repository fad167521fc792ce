// Deletes these relationships, then these nodes, and takes the usernames of users that will change, for test suites.
// Takes $batch
// Logged: in bulk; a reset follows.
CALL () {
  MATCH ()-[r]->() WHERE elementId(r) IN $batch.relations
  DELETE r
}
CALL () {
  MATCH (n) WHERE elementId(n) IN $batch.nodes
  DETACH DELETE n
}
CALL () {
  MATCH (n) WHERE elementId(n) IN $batch.changed
  REMOVE n.username_key
}
RETURN true AS done
