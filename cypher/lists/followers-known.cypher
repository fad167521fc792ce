// Followers of the user whom the viewer follows, newest follow of the user first.
// Starts from the smaller set: either it walks the user's followers in the order of the index and checks whether the viewer
// follows each, or it reads all users whom the viewer follows and checks whether each follows the user. The key of the way
// that is not taken is null and finds no row. The end nodes are read only after LIMIT, as in followers (docs/decisions/009).
MATCH (subject:User {id: $user_id})
MATCH (viewer:User {id: $viewer_id})
WITH COUNT { (subject)<-[:FOLLOWS]-() } <= COUNT { (viewer)-[:FOLLOWS]->() } AS walk
WITH CASE WHEN walk THEN $user_id END AS walked_id, CASE WHEN NOT walk THEN $viewer_id END AS gathered_id
CALL (*) {
  MATCH ()-[f:FOLLOWS]->()
  USING INDEX SEEK f:FOLLOWS(followee_id, id)
  WHERE f.followee_id = walked_id AND f.id < $before AND f.id > $since
    AND EXISTS { ()-[known:FOLLOWS]->() WHERE known.follower_id = $viewer_id AND known.followee_id = f.follower_id }
  WITH f ORDER BY f.followee_id DESC, f.id DESC LIMIT $limit
  RETURN f
  UNION ALL
  MATCH ()-[known:FOLLOWS]->() WHERE known.follower_id = gathered_id AND known.id > 0
  WITH known.followee_id AS candidate_id
  MATCH ()-[f:FOLLOWS]->()
  WHERE f.follower_id = candidate_id AND f.followee_id = $user_id AND f.id < $before AND f.id > $since
  WITH f ORDER BY f.id DESC LIMIT $limit
  RETURN f
}
RETURN startNode(f) AS user, f.follower_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at ORDER BY pagination_id DESC
