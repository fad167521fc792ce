// Ends the follows of blocked pairs, both ways, as a block through the API does.
// Takes $from, $to
UNWIND range(0, size($from) - 1) AS n
UNWIND [[$from[n], $to[n]], [$to[n], $from[n]]] AS pair
MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = pair[0] AND f.followee_id = pair[1]
DELETE f
RETURN count(*) AS ended
