// Stores tokens by their hashes; returns no row for a token whose user or client does not exist.
// Takes $batch ({tokens: [{hash, kind, user_id, client_id, scopes, expires_at}]}: in a map, because a list parameter is planned anew for each size)
// Logged: no event
UNWIND range(0, size($batch.tokens) - 1) AS n
WITH n, $batch.tokens[n] AS new
MATCH (c:Client {client_id: new.client_id})
OPTIONAL MATCH (u:User {id: new.user_id})
WITH n, new, c, u WHERE new.kind = 'app' OR u IS NOT NULL
MERGE (t:Token {hash: new.hash})
ON CREATE SET t.kind = new.kind, t.user_id = new.user_id, t.client_id = new.client_id, t.scopes = new.scopes,
  t.expires_at = new.expires_at, t.created_at = datetime.truncate('second')
RETURN n, c.name AS name, c.link AS link, c.max_following AS max_following
