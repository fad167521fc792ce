// Makes viewer block target and ends their follows, both ways; a block that stands is kept as it is.
// Both ends count the follows that ended (docs/decisions/011).
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[old:BLOCKS]->() WHERE old.blocker_id = $viewer_id AND old.blocked_id = $target_id
OPTIONAL MATCH ()-[a:FOLLOWS]->() WHERE a.follower_id = $viewer_id AND a.followee_id = $target_id
OPTIONAL MATCH ()-[b:FOLLOWS]->() WHERE b.follower_id = $target_id AND b.followee_id = $viewer_id
WITH viewer, target, a, b, CASE
  WHEN viewer IS NULL THEN 'unauthorized'
  WHEN target IS NULL THEN 'not-found'
  WHEN $viewer_id = $target_id THEN 'self-follow'
  WHEN old IS NOT NULL THEN 'done'
  ELSE 'make'
END AS verdict
FOREACH (_ IN CASE verdict WHEN 'make' THEN [1] ELSE [] END |
  CREATE (viewer)-[:BLOCKS {id: $id, blocker_id: $viewer_id, blocked_id: $target_id, blocked_at: $now}]->(target))
FOREACH (f IN CASE WHEN verdict IN ['make', 'done'] THEN [x IN [a, b] WHERE x IS NOT NULL] ELSE [] END |
  SET viewer.ended = coalesce(viewer.ended, 0) + 1, target.ended = coalesce(target.ended, 0) + 1
  DELETE f)
RETURN CASE verdict WHEN 'make' THEN 'done' ELSE verdict END AS verdict, viewer, target
