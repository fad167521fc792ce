// Stores a token by its hash; returns nothing where its user or its client does not exist.
// Takes $hash, $kind, $user_id, $client_id, $scopes, $expires_at
MATCH (c:Client {client_id: $client_id})
OPTIONAL MATCH (u:User {id: $user_id})
WITH c, u WHERE $kind = 'app' OR u IS NOT NULL
MERGE (t:Token {hash: $hash})
ON CREATE SET t.kind = $kind, t.user_id = $user_id, t.client_id = $client_id, t.scopes = $scopes,
  t.expires_at = $expires_at, t.created_at = datetime.truncate('second')
RETURN c.name AS name, c.link AS link, c.max_following AS max_following
