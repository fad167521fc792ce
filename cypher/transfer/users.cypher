// Writes the users of a batch: new ones are made, known ones get the merged properties; properties that are not ours stay.
// Takes $rows
UNWIND $rows AS row
MERGE (user:User {id: row.id})
SET user += row.properties, user.created_at = row.created_at
