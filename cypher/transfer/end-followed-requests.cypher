// Ends the requests of pairs whose follow exists, and returns their rows. Reads nothing if the graph has no requests.
// Takes $from, $to
UNWIND CASE WHEN COUNT { ()-[:REQUESTS]->() } = 0 THEN [] ELSE range(0, size($from) - 1) END AS n
MATCH ()-[q:REQUESTS]->() WHERE q.requester_id = $from[n] AND q.requested_id = $to[n]
  AND EXISTS { ()-[f:FOLLOWS]->() WHERE f.follower_id = $from[n] AND f.followee_id = $to[n] }
DELETE q
RETURN n
