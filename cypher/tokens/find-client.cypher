// A client with the hash of its secret and the scopes of its app tokens. If there is no such client, the data of another one is
// returned with `known` false: then the same amount is read, sent and compared, and the response time does not reveal which clients
// exist. The other client is found by the index only, because a node that was read before would be read faster than the first one.
// Takes $client_id
MATCH (other:Client) WHERE other.client_id > '' AND other.client_id <> 'follow-graph'
WITH other LIMIT 1
OPTIONAL MATCH (c:Client {client_id: $client_id})
WITH c IS NOT NULL AS known, coalesce(c, other) AS c
RETURN known, c.secret_hash AS secret_hash, c.name AS name, c.link AS link, c.scopes AS scopes, c.max_following AS max_following
