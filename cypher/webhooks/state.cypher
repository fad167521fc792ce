// The database's time, the holder and the end of the lease, and the enabled webhooks that the lease is for.
// Takes $lease, $private
OPTIONAL MATCH (lease:Lease {name: $lease})
RETURN datetime.realtime().epochMillis AS now, lease.holder AS holder, coalesce(lease.until, 0) AS until,
  COLLECT { MATCH (w:Webhook) WHERE w.id > 0 AND w.enabled AND w.private = $private RETURN properties(w) } AS hooks
