// Deletes a webhook of an app and returns it as it was.
// Takes $id, $client_id
// Logged: no event
MATCH (w:Webhook {id: $id}) WHERE w.client_id = $client_id
WITH w, properties(w) AS hook
DELETE w
RETURN hook
