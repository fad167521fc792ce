// Ends viewer's block of target, if there is one; the follows that the block ended are not restored.
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[b:BLOCKS]->() WHERE b.blocker_id = $viewer_id AND b.blocked_id = $target_id
WITH viewer, target, b, CASE WHEN b IS NULL THEN [] ELSE [['unblock', $viewer_id, $target_id, coalesce(b.id, 0)]] END AS events
DELETE b
WITH viewer, target, events
RETURN CASE WHEN target IS NULL THEN 'not-found' ELSE 'done' END AS verdict, viewer, target, events
