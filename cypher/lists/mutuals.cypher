// Users that the user follows and is followed by, newest follow of the user's own first.
// The degrees decide where to start: the user's own follows are walked in order of the index, each asked for its
// counterpart, and the walk ends with the page; only where the followers are fewer than half as many are they gathered
// instead, each asked for the user's own follow. Either key is null where the other way is taken, which finds no row. The ends are
// asked for behind the limit alone, so that the walk is never cut short (docs/decisions/009).
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
