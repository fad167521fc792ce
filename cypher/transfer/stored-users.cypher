// What is stored of the users of a batch, to be merged with what a file says; null where there is none.
// Takes $ids
UNWIND $ids AS id
OPTIONAL MATCH (user:User {id: id})
RETURN id, properties(user) AS properties
