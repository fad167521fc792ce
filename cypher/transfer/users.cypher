// Writes the users of a batch: creates new ones, and sets the given properties of existing ones. Other properties stay.
// Takes $rows
// Logged: in bulk; the import ends with a reset.
UNWIND $rows AS row
MERGE (user:User {id: row.id})
SET user += row.properties, user.created_at = row.created_at
RETURN count(user) AS written
