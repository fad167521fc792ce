// The exact number of followers of the user whom the viewer follows, counted from the smaller set as in lists/followers-known.
MATCH (subject:User {id: $user_id})
MATCH (viewer:User {id: $viewer_id})
WITH COUNT { (subject)<-[:FOLLOWS]-() } <= COUNT { (viewer)-[:FOLLOWS]->() } AS walk
WITH CASE WHEN walk THEN $user_id END AS walked_id, CASE WHEN NOT walk THEN $viewer_id END AS gathered_id
RETURN COUNT {
  MATCH ()-[f:FOLLOWS]->() WHERE f.followee_id = walked_id AND f.id > 0
    AND EXISTS { ()-[known:FOLLOWS]->() WHERE known.follower_id = $viewer_id AND known.followee_id = f.follower_id }
  RETURN f
  UNION ALL
  MATCH ()-[known:FOLLOWS]->() WHERE known.follower_id = gathered_id AND known.id > 0
  WITH known.followee_id AS candidate_id
  MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = candidate_id AND f.followee_id = $user_id
  RETURN f
} AS total
