// Makes viewer block target and ends the follows and requests between them in both directions. An existing block is not changed.
// The event of a follow or request that ended says which of the two users made the block, because the other one must not learn of the block
// (events/show.ts).
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[old:BLOCKS]->() WHERE old.blocker_id = $viewer_id AND old.blocked_id = $target_id
OPTIONAL MATCH ()-[a:FOLLOWS]->() WHERE a.follower_id = $viewer_id AND a.followee_id = $target_id
OPTIONAL MATCH ()-[b:FOLLOWS]->() WHERE b.follower_id = $target_id AND b.followee_id = $viewer_id
OPTIONAL MATCH ()-[p:REQUESTS]->() WHERE p.requester_id = $viewer_id AND p.requested_id = $target_id
OPTIONAL MATCH ()-[q:REQUESTS]->() WHERE q.requester_id = $target_id AND q.requested_id = $viewer_id
WITH viewer, target, a, b, p, q, CASE
  WHEN viewer IS NULL THEN 'unauthorized'
  WHEN target IS NULL THEN 'not-found'
  WHEN $viewer_id = $target_id THEN 'self-follow'
  WHEN old IS NOT NULL THEN 'done'
  ELSE 'make'
END AS verdict
WITH viewer, target, verdict, CASE WHEN verdict IN ['make', 'done'] THEN [x IN [a, b, p, q] WHERE x IS NOT NULL] ELSE [] END AS ending,
  CASE WHEN a IS NULL THEN [] ELSE [['follow-blocked-by-follower', $viewer_id, $target_id, coalesce(a.id, 0)]] END
  + CASE WHEN b IS NULL THEN [] ELSE [['follow-blocked-by-followee', $target_id, $viewer_id, coalesce(b.id, 0)]] END
  + CASE WHEN p IS NULL THEN [] ELSE [['request-blocked-by-requester', $viewer_id, $target_id, coalesce(p.id, 0)]] END
  + CASE WHEN q IS NULL THEN [] ELSE [['request-blocked-by-requested', $target_id, $viewer_id, coalesce(q.id, 0)]] END AS ended
FOREACH (_ IN CASE verdict WHEN 'make' THEN [1] ELSE [] END |
  CREATE (viewer)-[:BLOCKS {id: $id, blocker_id: $viewer_id, blocked_id: $target_id, blocked_at: $now}]->(target))
FOREACH (x IN ending | DELETE x)
RETURN CASE verdict WHEN 'make' THEN 'done' ELSE verdict END AS verdict, viewer, target,
  CASE WHEN ending = [] THEN [] ELSE ended END + CASE verdict WHEN 'make' THEN [['block', $viewer_id, $target_id, $id]] ELSE [] END AS events
