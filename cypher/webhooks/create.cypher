// Registers a webhook of an app; returns nothing if the app has $most of them already. Its first event is the next one in the log.
// Takes $client_id, $url, $types, $private, $secret, $most
// Logged: no event
WITH base, COUNT { MATCH (other:Webhook) WHERE other.id > 0 AND other.client_id = $client_id AND other.secret <> $secret } AS others
UNWIND CASE WHEN others < $most THEN [1] ELSE [] END AS one
MERGE (w:Webhook {secret: $secret})
ON CREATE SET w.id = base + 1, w.client_id = $client_id, w.url = $url, w.types = $types, w.private = $private, w.enabled = true,
  w.last_id = base + 1, w.tries = 0, w.retry_at = 0, w.revision = 0
RETURN properties(w) AS hook, 1 AS drawn
