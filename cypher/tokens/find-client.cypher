// A client with the hash of its secret and the scopes that its app tokens get.
// Takes $client_id
MATCH (c:Client {client_id: $client_id})
RETURN c.secret_hash AS secret_hash, c.name AS name, c.link AS link, c.scopes AS scopes, c.max_following AS max_following
