// Ends viewer's block of target, if there is one; the follows that it ended do not come back.
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[b:BLOCKS]->() WHERE b.blocker_id = $viewer_id AND b.blocked_id = $target_id
DELETE b
WITH viewer, target
RETURN CASE WHEN target IS NULL THEN 'not-found' ELSE 'done' END AS verdict, viewer, target
