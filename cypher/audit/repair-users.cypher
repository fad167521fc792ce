// Writes properties that users lack; skips a user that was changed since it was read (`version` in a row: rendered text and annotations).
// Takes $rows
// Logged: in bulk; the repair ends with a reset.
UNWIND $rows AS row
MATCH (user:User {id: row.id})
WHERE CASE WHEN user.rendered IS :: STRING NOT NULL THEN user.rendered ELSE '' END + CASE WHEN user.annotations IS :: STRING NOT NULL THEN user.annotations ELSE '' END = row.version
SET user += row.properties
RETURN count(user) AS repaired
