// Deletes up to $limit users, tokens, clients, streams and webhooks, for test suites; repeated until nothing is left.
// Takes $limit, $own
// Logged: in bulk; a reset follows.
MATCH (n:User|Gone|Token|Client|EventStream|Webhook) WHERE NOT n:Client OR n.client_id <> $own
WITH n LIMIT $limit
DETACH DELETE n
RETURN count(*) AS deleted
