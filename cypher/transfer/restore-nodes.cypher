// Sets the properties of these nodes to those that were saved, and creates the nodes that were deleted since, for test suites.
// Takes $batch
// Logged: in bulk; a reset follows.
CALL () {
  UNWIND $batch.changed AS changed
  MATCH (n) WHERE elementId(n) = changed.node
  WITH n, changed, properties(n) AS now
  SET n = changed.properties
  // Running deliveries rely on these properties; a new revision makes them read the webhook again.
  SET n += {revision: now.revision + 1, last_id: now.last_id, last_status: now.last_status, last_error: now.last_error,
    tries: now.tries, retry_at: now.retry_at, failing_since: now.failing_since, batch_to: now.batch_to,
    place: now.place, connection: now.connection, search_rank: now.search_rank}
}
CALL () {
  UNWIND $batch.missing AS missing
  CREATE (n:$(missing.labels))
  SET n = missing.properties
}
RETURN true AS done
