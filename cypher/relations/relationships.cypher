// What stands between the source and each target, both ways, a row a target; n is its place, id is null where it names
// nobody. A target is an id or a username in lower case, the other null; mutes and blocks are told only if $own.
// Takes $source_id, $ids, $usernames, $own
OPTIONAL MATCH (source:User {id: $source_id})
UNWIND range(0, size($ids) - 1) AS n
OPTIONAL MATCH (numbered:User {id: $ids[n]})
OPTIONAL MATCH (named:User {username_key: $usernames[n]})
WITH source IS NOT NULL AS source_known, n, coalesce(numbered, named) AS target
OPTIONAL MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $source_id AND f.followee_id = target.id
OPTIONAL MATCH ()-[g:FOLLOWS]->() WHERE g.follower_id = target.id AND g.followee_id = $source_id
RETURN n, source_known, target.id AS id, target.username AS username, f IS NOT NULL AS following, g IS NOT NULL AS followed_by,
  CASE WHEN f.followed_at IS :: ZONED DATETIME THEN f.followed_at.epochSeconds END AS followed_at,
  CASE WHEN g.followed_at IS :: ZONED DATETIME THEN g.followed_at.epochSeconds END AS followed_by_at,
  $own AND EXISTS { ()-[x:MUTES]->() WHERE x.muter_id = $source_id AND x.muted_id = target.id } AS muted,
  $own AND EXISTS { ()-[x:BLOCKS]->() WHERE x.blocker_id = $source_id AND x.blocked_id = target.id } AS blocked,
  $own AND EXISTS { ()-[x:BLOCKS]->() WHERE x.blocker_id = target.id AND x.blocked_id = $source_id } AS blocked_by
