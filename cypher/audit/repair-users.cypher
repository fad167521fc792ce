// Writes properties that users lack; skips a user that was changed since it was read (`version` in a row: rendered text and annotations).
// Takes $rows
// Logged: in bulk; the repair ends with a reset.
UNWIND $rows AS row
MATCH (user:User {id: row.id})
WHERE coalesce(user.rendered, '') + coalesce(user.annotations, '') = row.version
SET user += row.properties
RETURN count(user) AS repaired
