// Ends target's follow of viewer, if there is one: a follower removed without a block.
// Both ends count what ended (docs/decisions/011).
OPTIONAL MATCH (viewer:User {id: $viewer_id})
OPTIONAL MATCH (target:User {id: $target_id})
OPTIONAL MATCH (follower)-[f:FOLLOWS]->(followee) WHERE f.follower_id = $target_id AND f.followee_id = $viewer_id
FOREACH (user IN CASE WHEN f IS NULL THEN [] ELSE [follower, followee] END | SET user.ended = coalesce(user.ended, 0) + 1)
DELETE f
WITH viewer, target, f IS NOT NULL AS stood
RETURN CASE WHEN target IS NULL THEN 'not-found' WHEN stood THEN 'made' ELSE 'done' END AS verdict, viewer, target
