// Of the pairs of users that one user follows, how many know each other (either follows the other), and the share.
// Cost: the follows of all whom the user follows. Change the id.
// Example: pairs 190, linked 61, share 0.32
MATCH (a:User {id: 1})-[:FOLLOWS]->(x:User)
WITH collect(DISTINCT x) AS known
WITH known, size(known) * (size(known) - 1) / 2 AS pairs
RETURN pairs, COUNT {
  UNWIND known AS x
  MATCH (x)-[:FOLLOWS]->(y) WHERE y IN known AND x <> y
  WITH DISTINCT CASE WHEN x.id < y.id THEN [x.id, y.id] ELSE [y.id, x.id] END AS pair
  RETURN pair
} AS linked;
