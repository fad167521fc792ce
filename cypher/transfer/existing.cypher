// The pairs that have a follow already, with its id and date, or a block in either direction; other pairs give no row.
// Takes $from, $to
UNWIND range(0, size($from) - 1) AS n
WITH n, $from[n] AS from_id, $to[n] AS to_id
OPTIONAL MATCH ()-[old:FOLLOWS]->() WHERE old.follower_id = from_id AND old.followee_id = to_id
WITH n, old, EXISTS { MATCH ()-[x:BLOCKS]->() USING INDEX SEEK x:BLOCKS(blocker_id, blocked_id) WHERE x.blocker_id = from_id AND x.blocked_id = to_id }
  OR EXISTS { MATCH ()-[x:BLOCKS]->() USING INDEX SEEK x:BLOCKS(blocker_id, blocked_id) WHERE x.blocker_id = to_id AND x.blocked_id = from_id } AS blocked
WITH n, old, blocked WHERE old IS NOT NULL OR blocked
RETURN n, old IS NOT NULL AS found, old.id AS id, CASE WHEN old.followed_at IS :: ZONED DATETIME NOT NULL THEN old.followed_at.epochSeconds END AS made_at, blocked
