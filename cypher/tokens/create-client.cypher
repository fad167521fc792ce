// Registers a client (an app) with the hash of its secret. The id is random, so only a repeat after a lost answer finds it; it changes nothing.
// Takes $client_id, $secret_hash, $name, $link, $scopes, $max_following
// Logged: no event
MERGE (c:Client {client_id: $client_id})
ON CREATE SET c.secret_hash = $secret_hash, c.name = $name, c.link = $link, c.scopes = $scopes,
  c.max_following = $max_following, c.created_at = datetime.truncate('second')
RETURN c.client_id AS client_id
