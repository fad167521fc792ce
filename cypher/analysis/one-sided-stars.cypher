// The twenty users with the most followers that they do not follow back.
// Needs the whole graph: two degree reads per user, 1 s per million users; then one index seek per follower of each candidate.
// Example: id 2, not_returned 1391
CALL () {
  // A user can follow back at most as many users as it follows, so the difference is a lower bound of its unreturned followers.
  MATCH (u:User)
  WITH COUNT { (u)<-[:FOLLOWS]-() } - COUNT { (u)-[:FOLLOWS]->() } AS certain
  ORDER BY certain DESC LIMIT 20
  RETURN min(certain) AS bound
}
// Users with fewer followers than that cannot be among the twenty.
MATCH (u:User) WHERE COUNT { (u)<-[:FOLLOWS]-() } >= bound
MATCH ()-[f:FOLLOWS]->(u)
WHERE NOT EXISTS {
  MATCH ()-[g:FOLLOWS]->() USING INDEX SEEK g:FOLLOWS(follower_id, followee_id)
  WHERE g.follower_id = f.followee_id AND g.followee_id = f.follower_id
}
RETURN u.id AS id, count(*) AS not_returned
ORDER BY not_returned DESC, id LIMIT 20;
