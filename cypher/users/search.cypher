// The ids of users who match the words of a query, best first: the user with exactly this username, then users whom the viewer
// follows, then the others; each group by number of followers. $lucene gets up to $most matches from the index, those with the
// highest search_rank first. Matches that the viewer follows are found in one of two ways. If the index has more than $most matches, or
// the viewer follows fewer users than there are matches: a walk of the viewer's newest $follows follows, filtered by $usernames and
// $names. Otherwise, and if the viewer follows more than $follows users: one seek per match.
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
  WHEN place = 0 AND seeks AND EXISTS { MATCH ()-[x:FOLLOWS]->() USING INDEX SEEK x:FOLLOWS(follower_id, followee_id) WHERE x.follower_id = $viewer_id AND x.followee_id = id } THEN 1
  ELSE place
END AS place
RETURN id ORDER BY place DESC, COUNT { (user)<-[:FOLLOWS]-() } DESC, id LIMIT $limit
