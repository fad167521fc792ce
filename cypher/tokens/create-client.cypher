// Registers a client (an app) with the hash of its secret.
// Takes $client_id, $secret_hash, $name, $link, $scopes, $max_following
// Logged: no event
CREATE (c:Client {client_id: $client_id, secret_hash: $secret_hash, name: $name, link: $link, scopes: $scopes,
  max_following: $max_following, created_at: datetime.truncate('second')})
RETURN c.client_id AS client_id
