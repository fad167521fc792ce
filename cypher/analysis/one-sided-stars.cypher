// The twenty users with the most followers whom they do not follow back.
// Needs the whole graph: two degree reads a user, 1 s a million users; then one index seek a follower of those who can be among the twenty.
// Example: id 2, not_returned 1391
CALL () {
  // Nobody follows back more users than it follows: so many followers are unreturned for certain, of twenty users.
  MATCH (u:User)
  WITH COUNT { (u)<-[:FOLLOWS]-() } - COUNT { (u)-[:FOLLOWS]->() } AS certain
  ORDER BY certain DESC LIMIT 20
  RETURN min(certain) AS bound
}
// Whoever has fewer followers in all is not among the twenty.
MATCH (u:User) WHERE COUNT { (u)<-[:FOLLOWS]-() } >= bound
MATCH ()-[f:FOLLOWS]->(u)
WHERE NOT EXISTS { ()-[g:FOLLOWS]->() WHERE g.follower_id = f.followee_id AND g.followee_id = f.follower_id }
RETURN u.id AS id, count(*) AS not_returned
ORDER BY not_returned DESC, id LIMIT 20;
