// Removes these follows if they are still faulty: an end is not a user, both ends are the same, they have the ids of another pair, or a block exists.
// Takes $elements, $blocked
// Logged: in bulk; the repair ends with a reset.
UNWIND $elements AS element
MATCH (a)-[f:FOLLOWS]->(b) WHERE elementId(f) = element
  AND (a = b OR NOT (a:User AND b:User) OR NOT coalesce(f.follower_id = a.id AND f.followee_id = b.id, false)
    OR $blocked AND EXISTS { (a)-[:BLOCKS]-(b) })
DELETE f
RETURN count(*) AS repaired
