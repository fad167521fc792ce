// Makes viewer follow target unless the verdict forbids it. An existing follow is not changed and keeps its id.
// The same rules decide you_can_follow (`canFollow` in users/view.ts); test/contract/verdict.test.ts compares the two.
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[old:FOLLOWS]->() WHERE old.follower_id = $viewer_id AND old.followee_id = $target_id
WITH viewer, target, CASE
  WHEN viewer IS NULL THEN 'unauthorized'
  WHEN target IS NULL THEN 'not-found'
  WHEN $viewer_id = $target_id THEN 'self-follow'
  WHEN old IS NOT NULL THEN 'done'
  WHEN EXISTS { (viewer)-[:BLOCKS]-() }
    AND (EXISTS { ()-[b:BLOCKS]->() WHERE b.blocker_id = $viewer_id AND b.blocked_id = $target_id }
      OR EXISTS { ()-[b:BLOCKS]->() WHERE b.blocker_id = $target_id AND b.blocked_id = $viewer_id }) THEN 'blocked'
  WHEN viewer.type = 'bot'
    AND NOT EXISTS { ()-[f:FOLLOWS]->() WHERE f.follower_id = $target_id AND f.followee_id = $viewer_id } THEN 'bot-rule'
  WHEN $max_following IS NOT NULL AND COUNT { (viewer)-[:FOLLOWS]->() } >= $max_following THEN 'follow-limit'
  ELSE 'make'
END AS verdict
FOREACH (_ IN CASE verdict WHEN 'make' THEN [1] ELSE [] END |
  CREATE (viewer)-[:FOLLOWS {id: $id, follower_id: $viewer_id, followee_id: $target_id, followed_at: $now}]->(target))
RETURN CASE verdict WHEN 'make' THEN 'done' ELSE verdict END AS verdict, viewer, target,
  CASE verdict WHEN 'make' THEN [['follow', $viewer_id, $target_id, $id]] ELSE [] END AS events
