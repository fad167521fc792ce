// The webhooks of an app, oldest first; those of all apps if $client_id is null.
// Takes $client_id
MATCH (w:Webhook) WHERE w.id > 0 AND ($client_id IS NULL OR w.client_id = $client_id)
RETURN properties(w) AS hook ORDER BY w.id
