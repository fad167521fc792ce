// The tokens with these hashes, with the type of the user and the app of each; null columns for an unknown token.
// Takes $batch ({hashes}: in a map, because a list parameter is planned anew for each size)
UNWIND range(0, size($batch.hashes) - 1) AS n
OPTIONAL MATCH (t:Token {hash: $batch.hashes[n]})
OPTIONAL MATCH (u:User {id: t.user_id})
OPTIONAL MATCH (c:Client {client_id: t.client_id})
RETURN n, t.kind AS kind, t.user_id AS user_id, u IS NOT NULL AS user_exists, u.type AS user_type, t.scopes AS scopes,
  t.expires_at AS expires_at, t.revoked_at AS revoked_at, t.client_id AS client_id, c.name AS name, c.link AS link,
  c.max_following AS max_following
