// The ids of users who are found by the words of a query, best first: who has exactly this username, then whom the viewer
// follows, then by followers. $lucene asks the index for the most followed of those who match, as far as search_rank tells.
// Whom of all that match the viewer follows is found by a walk of the newest $follows follows ($usernames and $names say of one
// user whether it matches) where the index gave not all, or that is shorter; else by a seek for each that the index gave.
// Takes $lucene, $most, $username, $viewer_id, $follows, $usernames, $names, $limit
OPTIONAL MATCH (viewer:User {id: $viewer_id})
WITH COUNT { (viewer)-[:FOLLOWS]->() } AS following
CALL () {
  CALL db.index.fulltext.queryNodes('user_search', $lucene, {limit: $most}) YIELD node
  RETURN collect(node) AS matches
}
WITH matches, following, size(matches) = $most OR following < size(matches) AS walks
WITH matches, walks, following > $follows OR NOT walks AS seeks
CALL (matches, walks) {
  MATCH (user:User {username_key: $username})
  RETURN user, 2 AS place
  UNION ALL
  UNWIND matches AS user
  RETURN user, 0 AS place
  UNION ALL
  WITH walks WHERE walks
  MATCH ()-[f:FOLLOWS]->()
  USING INDEX SEEK f:FOLLOWS(follower_id, id)
  WHERE f.follower_id = $viewer_id AND f.id > 0
  WITH f ORDER BY f.follower_id DESC, f.id DESC LIMIT $follows
  WITH endNode(f) AS user
  WHERE user:User AND (all(word IN $usernames WHERE user.search_words CONTAINS word)
    OR ($names <> [] AND all(word IN $names WHERE user.search_words CONTAINS word)))
  RETURN user, 1 AS place
}
WITH user, max(place) AS place, seeks
WITH user, user.id AS id, place, seeks WHERE id IS NOT NULL
WITH user, id, CASE
  WHEN place = 0 AND seeks AND EXISTS { ()-[x:FOLLOWS]->() WHERE x.follower_id = $viewer_id AND x.followee_id = id } THEN 1
  ELSE place
END AS place
RETURN id ORDER BY place DESC, COUNT { (user)<-[:FOLLOWS]-() } DESC, id LIMIT $limit
