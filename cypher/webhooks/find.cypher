// The webhook with this id.
// Takes $id
MATCH (w:Webhook {id: $id})
RETURN properties(w) AS hook
