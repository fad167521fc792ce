// Advances the positions of webhooks in the log, if the lease is held: past events that were delivered (with a status), or past events that
// they do not want (without one). A webhook that was moved or deleted in the meantime is not changed and not returned.
// Takes $lease, $holder, $batch
// Logged: no event
MATCH (lease:Lease {name: $lease}) WHERE lease.holder = $holder
UNWIND $batch.rows AS row
MATCH (w:Webhook {id: row.id}) WHERE w.last_id = row.from
SET w.last_id = row.to, w.last_status = coalesce(row.status, w.last_status), w.last_error = null, w.tries = 0, w.retry_at = 0,
  w.failing_since = null, w.batch_to = null, w.revision = w.revision + 1
RETURN w.id AS id, w.revision AS revision
