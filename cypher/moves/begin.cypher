// The first step of a move: sets the user's moved_to, and a mark with which the move can be resumed if it is interrupted. Follows made later are
// not moved. The moved_to of the target user is removed, and an unfinished move away from the target ends. So the chain of moved_to is never a
// circle. A repeated call changes neither profile: then $from.properties and $target.properties are null. The run $run begins with it, so that no
// other process resumes the move before its first step.
// Nothing is written if one of the two was changed since it was read ($from.stored and $target.stored, as in users/replace).
// Takes $id, $to, $from, $target, $run, $reason
// Logged: user
OPTIONAL MATCH (from:User {id: $id})
OPTIONAL MATCH (to:User {id: $to})
WITH from, to, base, at, CASE
  WHEN from IS NULL OR to IS NULL THEN 'not-found'
  WHEN from.moving_to = $to AND from.moved_to = $to THEN 'resumed'
  WHEN CASE WHEN from.rendered IS :: STRING NOT NULL THEN from.rendered ELSE '' END + CASE WHEN from.annotations IS :: STRING NOT NULL THEN from.annotations ELSE '' END <> $from.stored
    OR CASE WHEN to.rendered IS :: STRING NOT NULL THEN to.rendered ELSE '' END + CASE WHEN to.annotations IS :: STRING NOT NULL THEN to.annotations ELSE '' END <> $target.stored THEN 'changed'
  ELSE 'begun'
END AS verdict
FOREACH (_ IN CASE verdict WHEN 'begun' THEN [1] ELSE [] END |
  SET from.moving_to = $to, from.moving_up_to = base, from.moving_moved = 0, from.moving_kept = 0, from.moving_run = $run
  MERGE (run:Run {id: $run})
  SET run.reason = $reason, run.at = at.epochMillis)
FOREACH (_ IN CASE WHEN verdict = 'begun' AND $from.properties IS NOT NULL THEN [1] ELSE [] END |
  REMOVE to.moving_to, to.moving_up_to, to.moving_run)
FOREACH (user IN CASE WHEN verdict = 'begun' AND $from.properties IS NOT NULL THEN [from] ELSE [] END |
  SET user += $from.properties, user.created_at = $from.created_at)
FOREACH (user IN CASE WHEN verdict = 'begun' AND $target.properties IS NOT NULL THEN [to] ELSE [] END |
  SET user += $target.properties, user.created_at = $target.created_at)
RETURN verdict, from.moving_up_to AS up_to, CASE WHEN verdict <> 'begun' THEN []
  ELSE CASE WHEN $from.properties IS NULL THEN [] ELSE [['user', $id, 0, 0]] END
    + CASE WHEN $target.properties IS NULL THEN [] ELSE [['user', $to, 0, 0]] END END AS events
