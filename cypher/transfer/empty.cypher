// Deletes up to $limit users, tokens, clients, streams and webhooks, for test suites; repeated until nothing is left. New users get the ids from 1 on again.
// Takes $limit, $own
// Logged: in bulk; a reset follows.
MATCH (n:User|Gone|Token|Client|EventStream|Webhook) WHERE NOT n:Client OR n.client_id <> $own
WITH n LIMIT $limit
DETACH DELETE n
WITH count(*) AS deleted
REMOVE sequence.deleted_user
RETURN deleted
