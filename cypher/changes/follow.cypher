// Makes viewer follow target, or request it if target is locked, unless the verdict forbids it. What exists is not changed and keeps its id.
// A follow ends the request of the pair. With $accepts the statement is target's acceptance of viewer's request: the same rules decide again, with
// the limit of the app by which the request was made. If the verdict forbids the follow, the request stays.
// The same rules decide you_can_follow (`canFollow` in users/view.ts); test/contract/verdict.test.ts compares the two.
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[old:FOLLOWS]->() WHERE old.follower_id = $viewer_id AND old.followee_id = $target_id
OPTIONAL MATCH ()-[request:REQUESTS]->() WHERE request.requester_id = $viewer_id AND request.requested_id = $target_id
WITH viewer, target, old, request, CASE
  WHEN target.locked = true AND NOT $accepts
    THEN NOT EXISTS { ()-[f:FOLLOWS]->() WHERE f.follower_id = $target_id AND f.followee_id = $viewer_id }
  ELSE false
END AS asks
WITH viewer, target, request, CASE
  WHEN viewer IS NULL THEN CASE WHEN $accepts THEN 'not-found' ELSE 'unauthorized' END
  WHEN target IS NULL THEN 'not-found'
  WHEN $accepts AND request IS NULL THEN 'not-requested'
  WHEN $viewer_id = $target_id THEN 'self-follow'
  WHEN old IS NOT NULL THEN 'done'
  WHEN EXISTS { (viewer)-[:BLOCKS]-() }
    AND (EXISTS { ()-[b:BLOCKS]->() WHERE b.blocker_id = $viewer_id AND b.blocked_id = $target_id }
      OR EXISTS { ()-[b:BLOCKS]->() WHERE b.blocker_id = $target_id AND b.blocked_id = $viewer_id }) THEN 'blocked'
  WHEN viewer.type = 'bot'
    AND NOT EXISTS { ()-[f:FOLLOWS]->() WHERE f.follower_id = $target_id AND f.followee_id = $viewer_id } THEN 'bot-rule'
  WHEN asks AND request IS NOT NULL THEN 'requested'
  WHEN NOT $accepts AND $max_following IS NOT NULL AND COUNT { (viewer)-[:FOLLOWS]->() } >= $max_following THEN 'follow-limit'
  WHEN $accepts AND COUNT { (viewer)-[:FOLLOWS]->() } >=
    coalesce(head(COLLECT { MATCH (c:Client {client_id: request.client_id}) RETURN c.max_following }), $max_following) THEN 'follow-limit'
  WHEN asks THEN 'request'
  ELSE 'make'
END AS verdict
WITH viewer, target, verdict, CASE WHEN verdict IN ['make', 'done'] AND request IS NOT NULL THEN [request] ELSE [] END AS ending,
  [['request-followed', $viewer_id, $target_id, coalesce(request.id, 0)]] AS ended
FOREACH (_ IN CASE verdict WHEN 'make' THEN [1] ELSE [] END |
  CREATE (viewer)-[:FOLLOWS {id: $id, follower_id: $viewer_id, followee_id: $target_id, followed_at: $now}]->(target))
FOREACH (_ IN CASE verdict WHEN 'request' THEN [1] ELSE [] END |
  CREATE (viewer)-[:REQUESTS {id: $id, requester_id: $viewer_id, requested_id: $target_id, client_id: $client_id, requested_at: $now}]->(target))
FOREACH (x IN ending | DELETE x)
RETURN CASE verdict WHEN 'make' THEN 'done' WHEN 'request' THEN 'requested' ELSE verdict END AS verdict, viewer, target,
  CASE WHEN ending = [] THEN [] ELSE ended END + CASE verdict
    WHEN 'make' THEN [['follow', $viewer_id, $target_id, $id]]
    WHEN 'request' THEN [['request', $viewer_id, $target_id, $id]]
    ELSE [] END AS events
