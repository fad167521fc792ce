// The follows among some users, each pair once.
// Takes $ids
MATCH (a:User)
WHERE a.id IN $ids
MATCH (a)-[:FOLLOWS]->(b:User)
WHERE b.id IN $ids AND a <> b
RETURN DISTINCT a.id AS follower, b.id AS followee
ORDER BY follower, followee
