// A client with the hash of its secret and the scopes that its app tokens get; of an unknown one those of some other, and
// `known` is false: as much is read, sent and compared, so that the time of a refusal does not tell which clients exist.
// The other one is found in the index alone: read already, it would be read again in less time than the one asked for.
// Takes $client_id
MATCH (other:Client) WHERE other.client_id > '' AND other.client_id <> 'follow-graph'
WITH other LIMIT 1
OPTIONAL MATCH (c:Client {client_id: $client_id})
WITH c IS NOT NULL AS known, coalesce(c, other) AS c
RETURN known, c.secret_hash AS secret_hash, c.name AS name, c.link AS link, c.scopes AS scopes, c.max_following AS max_following
