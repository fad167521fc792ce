// Ends follows that were just written although another client has blocked one of the pair since the check, and returns their rows.
// It runs under the lock of all writers, so no block can come later. Reads nothing if the graph has no blocks.
// Takes $from, $to
UNWIND CASE WHEN COUNT { ()-[:BLOCKS]->() } = 0 THEN [] ELSE range(0, size($from) - 1) END AS n
UNWIND [[$from[n], $to[n]], [$to[n], $from[n]]] AS pair
MATCH ()-[b:BLOCKS]->() WHERE b.blocker_id = pair[0] AND b.blocked_id = pair[1]
WITH DISTINCT n
MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $from[n] AND f.followee_id = $to[n]
DELETE f
RETURN n
