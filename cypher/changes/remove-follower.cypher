// Ends target's follow of viewer, if there is one: a follower removed without a block.
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $target_id AND f.followee_id = $viewer_id
DELETE f
WITH target
RETURN CASE WHEN target IS NULL THEN 'not-found' ELSE 'done' END AS verdict
