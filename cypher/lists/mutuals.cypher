// Users that the user follows and is followed by, newest follow of the user's own first.
// Usually it walks the user's own follows in the order of the index, checks for each whether it is returned, and stops at the
// end of the page. If the user has fewer followers than half of that, it reads all followers instead and seeks the user's own
// follow of each. The key of the way that is not taken is null and finds no row. The end nodes are read only after LIMIT, as in
// followers (docs/decisions/009).
MATCH (subject:User {id: $user_id})
WITH COUNT { (subject)-[:FOLLOWS]->() } <= 2 * COUNT { (subject)<-[:FOLLOWS]-() } AS walk
WITH CASE WHEN walk THEN $user_id END AS walked_id, CASE WHEN NOT walk THEN $user_id END AS gathered_id
CALL (*) {
  MATCH ()-[f:FOLLOWS]->()
  USING INDEX SEEK f:FOLLOWS(follower_id, id)
  WHERE f.follower_id = walked_id AND f.id < $before AND f.id > $since
    AND EXISTS { ()-[back:FOLLOWS]->() WHERE back.follower_id = f.followee_id AND back.followee_id = $user_id }
  WITH f ORDER BY f.follower_id DESC, f.id DESC LIMIT $limit
  RETURN f
  UNION ALL
  MATCH ()-[back:FOLLOWS]->() WHERE back.followee_id = gathered_id AND back.id > 0
  WITH back.follower_id AS candidate_id
  MATCH ()-[f:FOLLOWS]->()
  WHERE f.follower_id = $user_id AND f.followee_id = candidate_id AND f.id < $before AND f.id > $since
  WITH f ORDER BY f.id DESC LIMIT $limit
  RETURN f
}
RETURN endNode(f) AS user, f.followee_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at ORDER BY pagination_id DESC
