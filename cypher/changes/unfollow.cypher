// Ends viewer's follow of target, if there is one. Viewer and target may be the same user; then nothing happens.
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $viewer_id AND f.followee_id = $target_id
WITH viewer, target, f, CASE WHEN f IS NULL THEN [] ELSE [['unfollow', $viewer_id, $target_id, coalesce(f.id, 0)]] END AS events
DELETE f
WITH viewer, target, events
RETURN CASE WHEN target IS NULL THEN 'not-found' ELSE 'done' END AS verdict, viewer, target, events
