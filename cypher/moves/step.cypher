// A middle step of a move: the followers of $id with the $limit oldest follows above $after follow $to instead, unless the verdict forbids it.
// `state` is not 'moving' if one of the two users was deleted, or if a later move replaced this one (then moved_to names another user). The rules
// are those of changes/follow, except for the limit, because a move does not change how many users somebody follows. Followers who are being
// deleted are skipped. The totals are those of the whole move, even if other processes have done a part of it.
// Takes $id, $to, $after, $up_to, $limit, $max_following, $run
// Logged: follows-moved, with the users whose follows of $id ended. The end of the move logs a reset.
OPTIONAL MATCH (from:User {id: $id})
OPTIONAL MATCH (to:User {id: $to})
WITH from, to, base, at, CASE
  WHEN from IS NULL OR to IS NULL THEN 'not-found'
  WHEN from.moved_to = $to THEN 'moving'
  ELSE 'replaced'
END AS state
CALL (to, state) {
  WITH to, coalesce(to.locked = true, false) AS locked, EXISTS { (to)-[:BLOCKS]-() } AS blocks WHERE state = 'moving'
  MATCH (follower)-[f:FOLLOWS]->()
  USING INDEX SEEK f:FOLLOWS(followee_id, id)
  WHERE f.followee_id = $id AND f.id > $after AND f.id <= $up_to
  WITH locked, blocks, follower, f ORDER BY f.followee_id, f.id LIMIT $limit
  WITH locked, blocks, follower, f,
    EXISTS { MATCH ()-[x:FOLLOWS]->() USING INDEX SEEK x:FOLLOWS(follower_id, followee_id) WHERE x.follower_id = $to AND x.followee_id = follower.id } AS followed_back
  RETURN collect({follower: follower, follow: f, id: f.id, verdict: CASE
    WHEN NOT follower:User OR NOT follower.id IS :: INTEGER NOT NULL THEN 'gone'
    WHEN follower.id = $to THEN 'own'
    WHEN EXISTS { MATCH ()-[x:FOLLOWS]->() USING INDEX SEEK x:FOLLOWS(follower_id, followee_id) WHERE x.follower_id = follower.id AND x.followee_id = $to } THEN 'kept'
    WHEN blocks
      AND (EXISTS { MATCH ()-[x:BLOCKS]->() USING INDEX SEEK x:BLOCKS(blocker_id, blocked_id) WHERE x.blocker_id = follower.id AND x.blocked_id = $to }
        OR EXISTS { MATCH ()-[x:BLOCKS]->() USING INDEX SEEK x:BLOCKS(blocker_id, blocked_id) WHERE x.blocker_id = $to AND x.blocked_id = follower.id }) THEN 'blocked'
    WHEN follower.type = 'bot' AND NOT followed_back THEN 'bot-rule'
    WHEN $max_following IS NOT NULL AND COUNT { (follower)-[:FOLLOWS]->() } > $max_following THEN 'follow-limit'
    WHEN locked AND NOT followed_back THEN 'locked'
    ELSE 'moved'
  END}) AS rows
}
CALL (rows) {
  UNWIND rows AS row
  WITH row WHERE row.verdict = 'moved'
  // Somebody who follows twice, as only Cypher can write it, follows once afterwards.
  RETURN collect(DISTINCT row.follower) AS moved
}
WITH from, to, base, at, state, rows, moved,
  [row IN rows WHERE row.verdict IN ['moved', 'kept', 'own']] AS ending
CALL (ending) {
  UNWIND ending AS row
  WITH row.follow AS f
  DELETE f
  RETURN count(*) AS ended
}
CALL (to, base, at, moved) {
  UNWIND range(0, size(moved) - 1) AS n
  WITH to, base, at, n, moved[n] AS follower
  CREATE (follower)-[:FOLLOWS {id: base + n + 1, follower_id: follower.id, followee_id: $to, followed_at: datetime.truncate('second', at)}]->(to)
  RETURN count(*) AS made
}
CALL (to, moved) {
  UNWIND CASE WHEN EXISTS { (to)<-[:REQUESTS]-() } THEN moved ELSE [] END AS follower
  MATCH ()-[q:REQUESTS]->() WHERE q.requester_id = follower.id AND q.requested_id = $to
  DELETE q
  RETURN count(*) AS accepted
}
SET from.moving_run = CASE state WHEN 'moving' THEN $run ELSE from.moving_run END, from.moving_moved = coalesce(from.moving_moved, 0) + made,
  from.moving_kept = coalesce(from.moving_kept, 0) + size([row IN ending WHERE row.verdict = 'kept'])
RETURN state, from.moving_moved AS moved_total, from.moving_kept AS kept_total, ended, size(rows) AS walked, rows[-1].id AS last,
  [row IN rows WHERE row.verdict IN ['blocked', 'bot-rule', 'follow-limit', 'locked'] | [row.follower.id, row.verdict]] AS refused,
  CASE WHEN ending = [] THEN [] ELSE [['follows-moved', $id, $to, 0]] END AS events, made AS drawn, [row IN ending | row.follower.id] AS touched
