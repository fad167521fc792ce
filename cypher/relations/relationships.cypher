// The relationships between the source and the targets in both directions: one list per kind of relationship, and a list of the
// targets that exist. Targets are ids and usernames in lower case. Mutes, blocks and requests are returned only if $own.
// Each list is one seek with many keys (docs/decisions/007). The hints name the index in which all keys of one source are adjacent.
// Takes $source_id, $ids, $usernames, $own
OPTIONAL MATCH (source:User {id: $source_id})
WITH source IS NOT NULL AS source_known,
  COLLECT { MATCH (target:User) WHERE target.id IN $ids RETURN [target.id, target.username, target.username_key] }
  + COLLECT { MATCH (target:User) WHERE target.username_key IN $usernames RETURN [target.id, target.username, target.username_key] } AS targets
WITH source_known, targets, [target IN targets | target[0]] AS target_ids
WITH source_known, targets,
  COLLECT { MATCH ()-[f:FOLLOWS]->() USING INDEX SEEK f:FOLLOWS(follower_id, followee_id)
    WHERE f.follower_id = $source_id AND f.followee_id IN target_ids
    RETURN [f.followee_id, CASE WHEN f.followed_at IS :: ZONED DATETIME THEN f.followed_at.epochSeconds END] } AS following,
  COLLECT { MATCH ()-[f:FOLLOWS]->() USING INDEX SEEK f:FOLLOWS(followee_id, follower_id)
    WHERE f.followee_id = $source_id AND f.follower_id IN target_ids
    RETURN [f.follower_id, CASE WHEN f.followed_at IS :: ZONED DATETIME THEN f.followed_at.epochSeconds END] } AS followed_by,
  CASE WHEN $own THEN COLLECT { MATCH ()-[x:MUTES]->() WHERE x.muter_id = $source_id AND x.muted_id IN target_ids RETURN x.muted_id } END AS muted,
  CASE WHEN $own THEN COLLECT { MATCH ()-[x:BLOCKS]->() WHERE x.blocker_id = $source_id AND x.blocked_id IN target_ids RETURN x.blocked_id } END AS blocked,
  CASE WHEN $own THEN COLLECT { MATCH ()-[x:BLOCKS]->() WHERE x.blocked_id = $source_id AND x.blocker_id IN target_ids RETURN x.blocker_id } END AS blocked_by,
  CASE WHEN $own THEN COLLECT { MATCH ()-[x:REQUESTS]->() WHERE x.requester_id = $source_id AND x.requested_id IN target_ids RETURN x.requested_id } END AS requested,
  CASE WHEN $own THEN COLLECT { MATCH ()-[x:REQUESTS]->() WHERE x.requested_id = $source_id AND x.requester_id IN target_ids RETURN x.requester_id } END AS requested_by
RETURN source_known, targets, following, followed_by, muted, blocked, blocked_by, requested, requested_by
