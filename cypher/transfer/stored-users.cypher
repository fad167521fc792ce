// The stored properties of the users of a batch, to be merged with those of a file; null if a user does not exist.
// Takes $ids
UNWIND $ids AS id
OPTIONAL MATCH (user:User {id: id})
RETURN id, properties(user) AS properties
