// Gives these users the next free ids, above the highest in the index and the highest that was deleted. Those above 2^62 do not count (as users/next-id).
// The highest id may be a float, which is itself one of those that are replaced; the next ids are integers nevertheless.
// Takes $elements
// Logged: in bulk; the repair ends with a reset.
WITH toInteger(coalesce(head(COLLECT { MATCH (top:User) WHERE top.id > 0 AND top.id <= 4611686018427387904 RETURN top.id ORDER BY top.id DESC LIMIT 1 }), 0)) AS existing, coalesce(sequence.deleted_user, 0) AS deleted
WITH CASE WHEN deleted > existing THEN deleted ELSE existing END AS highest
UNWIND range(0, size($elements) - 1) AS n
MATCH (user:User) WHERE elementId(user) = $elements[n] AND NOT coalesce(user.id IS :: INTEGER NOT NULL AND user.id > 0, false)
SET user.id = highest + n + 1
RETURN count(user) AS repaired
