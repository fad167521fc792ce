// Makes viewer mute target. An existing mute is not changed.
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[old:MUTES]->() WHERE old.muter_id = $viewer_id AND old.muted_id = $target_id
WITH viewer, target, CASE
  WHEN viewer IS NULL THEN 'unauthorized'
  WHEN target IS NULL THEN 'not-found'
  WHEN $viewer_id = $target_id THEN 'self-follow'
  WHEN old IS NOT NULL THEN 'done'
  ELSE 'make'
END AS verdict
FOREACH (_ IN CASE verdict WHEN 'make' THEN [1] ELSE [] END |
  CREATE (viewer)-[:MUTES {id: $id, muter_id: $viewer_id, muted_id: $target_id, muted_at: $now}]->(target))
RETURN CASE verdict WHEN 'make' THEN 'done' ELSE verdict END AS verdict, viewer, target,
  CASE verdict WHEN 'make' THEN [['mute', $viewer_id, $target_id, $id]] ELSE [] END AS events
