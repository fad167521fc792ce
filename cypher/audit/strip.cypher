// Removes from these follows the ids of a pair that they do not connect, so that the right follow of that pair can have them.
// Takes $elements
// Logged: in bulk; the repair ends with a reset.
UNWIND $elements AS element
MATCH (a)-[f:FOLLOWS]->(b) WHERE elementId(f) = element AND NOT coalesce(f.follower_id = a.id AND f.followee_id = b.id, false)
REMOVE f.follower_id, f.followee_id
RETURN count(f) AS repaired
