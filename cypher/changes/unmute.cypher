// Ends viewer's mute of target, if there is one.
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[m:MUTES]->() WHERE m.muter_id = $viewer_id AND m.muted_id = $target_id
WITH viewer, target, m, CASE WHEN m IS NULL THEN [] ELSE [['unmute', $viewer_id, $target_id, coalesce(m.id, 0)]] END AS events
DELETE m
WITH viewer, target, events
RETURN CASE WHEN target IS NULL THEN 'not-found' ELSE 'done' END AS verdict, viewer, target, events
