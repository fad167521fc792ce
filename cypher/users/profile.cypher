// A user's properties as they are stored, for a change that starts from what is there; null where there is no such user.
// Takes $id
OPTIONAL MATCH (user:User {id: $id})
OPTIONAL MATCH (gone:Gone {id: $id})
RETURN properties(user) AS properties, gone IS NOT NULL AS gone
