// The pairs for which a follow would become a request: the second user is locked, and neither follows the other.
// Takes $from, $to
UNWIND range(0, size($from) - 1) AS n
MATCH (followee:User {id: $to[n]}) WHERE followee.locked = true
  AND NOT EXISTS { ()-[f:FOLLOWS]->() WHERE f.follower_id = $from[n] AND f.followee_id = $to[n] }
  AND NOT EXISTS { ()-[f:FOLLOWS]->() WHERE f.follower_id = $to[n] AND f.followee_id = $from[n] }
RETURN n
