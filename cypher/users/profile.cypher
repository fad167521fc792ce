// A user's stored properties, for a change that starts from them; null if there is no such user.
// Takes $id
OPTIONAL MATCH (user:User {id: $id})
OPTIONAL MATCH (gone:Gone {id: $id})
RETURN properties(user) AS properties, gone IS NOT NULL AS gone
