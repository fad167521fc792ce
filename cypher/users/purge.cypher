// A middle step of a deletion: deletes up to $limit relationships of the user.
// Takes $id, $limit
// Logged: follow-deleted, unmute, unblock, request-deleted; nothing for relationships of other types.
MATCH (gone:Gone {id: $id})-[r]-()
WITH r LIMIT $limit
WITH r, CASE type(r)
  WHEN 'FOLLOWS' THEN ['follow-deleted', coalesce(r.follower_id, startNode(r).id, 0), coalesce(r.followee_id, endNode(r).id, 0), coalesce(r.id, 0)]
  WHEN 'MUTES' THEN ['unmute', coalesce(r.muter_id, startNode(r).id, 0), coalesce(r.muted_id, endNode(r).id, 0), coalesce(r.id, 0)]
  WHEN 'BLOCKS' THEN ['unblock', coalesce(r.blocker_id, startNode(r).id, 0), coalesce(r.blocked_id, endNode(r).id, 0), coalesce(r.id, 0)]
  WHEN 'REQUESTS' THEN ['request-deleted', coalesce(r.requester_id, startNode(r).id, 0), coalesce(r.requested_id, endNode(r).id, 0), coalesce(r.id, 0)]
END AS event, CASE type(r) WHEN 'FOLLOWS' THEN 0 WHEN 'MUTES' THEN 1 WHEN 'BLOCKS' THEN 2 ELSE 3 END AS place
ORDER BY place
DELETE r
RETURN count(*) AS deleted, collect(event) AS events
