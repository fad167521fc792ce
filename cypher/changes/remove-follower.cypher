// Ends target's follow of viewer, if there is one; unlike a block, it does not prevent a new follow.
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $target_id AND f.followee_id = $viewer_id
WITH viewer, target, f, CASE WHEN f IS NULL THEN [] ELSE [['follow-removed', $target_id, $viewer_id, coalesce(f.id, 0)]] END AS events
DELETE f
WITH viewer, target, events
RETURN CASE WHEN target IS NULL THEN 'not-found' ELSE 'done' END AS verdict, viewer, target, events
