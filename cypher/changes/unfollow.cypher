// Ends viewer's follow of target and viewer's request for one, if there are any. Viewer and target may be the same user; then nothing happens.
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $viewer_id AND f.followee_id = $target_id
OPTIONAL MATCH ()-[q:REQUESTS]->() WHERE q.requester_id = $viewer_id AND q.requested_id = $target_id
WITH viewer, target, f, q, CASE WHEN f IS NULL THEN [] ELSE [['unfollow', $viewer_id, $target_id, coalesce(f.id, 0)]] END
  + CASE WHEN q IS NULL THEN [] ELSE [['unrequest', $viewer_id, $target_id, coalesce(q.id, 0)]] END AS events
DELETE f, q
WITH viewer, target, events
RETURN CASE WHEN target IS NULL THEN 'not-found' ELSE 'done' END AS verdict, viewer, target, events
