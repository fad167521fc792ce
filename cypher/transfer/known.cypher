// Which of these ids are users.
// Takes $ids
UNWIND $ids AS id
MATCH (user:User {id: id})
RETURN user.id AS id
