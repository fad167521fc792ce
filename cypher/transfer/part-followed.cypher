// Ends those of the follows just written whose pair a block came between since it was looked at, and answers which: only
// under the lock of all writers is the look the last word. Reads nothing where nobody blocks anybody.
// Takes $from, $to
UNWIND CASE WHEN COUNT { ()-[:BLOCKS]->() } = 0 THEN [] ELSE range(0, size($from) - 1) END AS n
UNWIND [[$from[n], $to[n]], [$to[n], $from[n]]] AS pair
MATCH ()-[b:BLOCKS]->() WHERE b.blocker_id = pair[0] AND b.blocked_id = pair[1]
WITH DISTINCT n
MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $from[n] AND f.followee_id = $to[n]
DELETE f
RETURN n
