// Ends viewer's follow of target, if there is one; oneself is no error, for nothing was there.
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $viewer_id AND f.followee_id = $target_id
DELETE f
WITH target
RETURN CASE WHEN target IS NULL THEN 'not-found' ELSE 'done' END AS verdict
