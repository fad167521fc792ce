// Ends target's request to follow viewer; not-requested if there is none. Nothing prevents a new request.
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH ()-[q:REQUESTS]->() WHERE q.requester_id = $target_id AND q.requested_id = $viewer_id
WITH viewer, target, q, CASE WHEN q IS NULL THEN [] ELSE [['request-refused', $target_id, $viewer_id, coalesce(q.id, 0)]] END AS events
DELETE q
WITH viewer, target, events
RETURN CASE WHEN target IS NULL THEN 'not-found' WHEN events = [] THEN 'not-requested' ELSE 'done' END AS verdict, viewer, target, events
