// Stores failed deliveries, if the lease is held: the next attempt is after `delay`, but not later than events are kept (`keep`, since
// the first failure). If that time is over, or with `disable`, the webhook is disabled with `disabled_error`. A webhook that was
// changed meanwhile is not changed and not returned. A first failure later than now comes from a clock that was set back, and counts as now.
// Takes $lease, $holder, $batch ({rows: [{id, revision, status, error, disabled_error, batch_to, delay, keep, disable}]})
// Logged: no event
MATCH (lease:Lease {name: $lease}) WHERE lease.holder = $holder
UNWIND $batch.rows AS row
MATCH (w:Webhook {id: row.id}) WHERE w.revision = row.revision
WITH w, row, at.epochMillis AS now, CASE WHEN w.failing_since < at.epochMillis THEN w.failing_since ELSE at.epochMillis END AS since
WITH w, row, now, since, since + row.keep AS latest
WITH w, row, since, CASE WHEN now + row.delay < latest THEN now + row.delay ELSE latest END AS next,
  NOT (row.disable OR now >= latest) AS goes_on
SET w.last_status = row.status, w.last_error = CASE WHEN goes_on THEN row.error ELSE row.disabled_error END, w.enabled = goes_on,
  w.tries = w.tries + 1, w.failing_since = since, w.retry_at = CASE WHEN goes_on THEN next ELSE 0 END, w.batch_to = row.batch_to,
  w.revision = w.revision + 1
RETURN properties(w) AS hook
