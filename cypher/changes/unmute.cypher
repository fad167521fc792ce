// Ends viewer's mute of target, if there is one.
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[m:MUTES]->() WHERE m.muter_id = $viewer_id AND m.muted_id = $target_id
DELETE m
WITH target
RETURN CASE WHEN target IS NULL THEN 'not-found' ELSE 'done' END AS verdict
