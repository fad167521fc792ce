// Ends viewer's mute of target, if there is one.
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[m:MUTES]->() WHERE m.muter_id = $viewer_id AND m.muted_id = $target_id
DELETE m
WITH viewer, target
RETURN CASE WHEN target IS NULL THEN 'not-found' ELSE 'done' END AS verdict, viewer, target
