// Changes a webhook of an app. With $enable, if events after its position are no longer kept, it continues from now, and its last error becomes
// $left_out.
// Takes $id, $client_id, $changes, $enable, $left_out
// Logged: no event
MATCH (w:Webhook {id: $id}) WHERE w.client_id = $client_id
WITH w, base, $enable AND w.last_id < coalesce(sequence.dropped_event, 0) AS gone
SET w += $changes, w.revision = w.revision + 1,
  w.last_id = CASE WHEN gone THEN base ELSE w.last_id END, w.last_error = CASE WHEN gone THEN $left_out ELSE w.last_error END
RETURN properties(w) AS hook
