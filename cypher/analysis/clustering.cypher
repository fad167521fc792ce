// How many pairs of users that one user follows are linked (at least one follows the other).
// Cost: two index seeks per pair; the number of pairs is half the square of the number of users that the user follows. Change the id.
// Example: pairs 190, linked 61
MATCH (a:User {id: 1})-[:FOLLOWS]->(x:User)
WITH collect(DISTINCT x.id) AS known
RETURN size(known) * (size(known) - 1) / 2 AS pairs, COUNT {
  UNWIND known AS x
  UNWIND known AS y
  WITH x, y WHERE x < y
    AND (EXISTS { MATCH ()-[f:FOLLOWS]->() USING INDEX SEEK f:FOLLOWS(follower_id, followee_id) WHERE f.follower_id = x AND f.followee_id = y }
      OR EXISTS { MATCH ()-[f:FOLLOWS]->() USING INDEX SEEK f:FOLLOWS(follower_id, followee_id) WHERE f.follower_id = y AND f.followee_id = x })
  RETURN x
} AS linked;
