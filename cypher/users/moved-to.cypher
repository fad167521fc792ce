// Users who have moved to this one.
// Takes $id
MATCH (user:User {moved_to: $id})
RETURN user.id AS id
