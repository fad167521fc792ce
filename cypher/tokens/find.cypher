// What a presented token stands for, with its user's type and its app; null columns where it is unknown.
// Takes $batch ({hashes}: in a map, or each size of a list would be planned anew)
UNWIND range(0, size($batch.hashes) - 1) AS n
OPTIONAL MATCH (t:Token {hash: $batch.hashes[n]})
OPTIONAL MATCH (u:User {id: t.user_id})
OPTIONAL MATCH (c:Client {client_id: t.client_id})
RETURN n, t.kind AS kind, t.user_id AS user_id, u IS NOT NULL AS user_exists, u.type AS user_type, t.scopes AS scopes,
  t.expires_at AS expires_at, t.revoked_at AS revoked_at, t.client_id AS client_id, c.name AS name, c.link AS link,
  c.max_following AS max_following
