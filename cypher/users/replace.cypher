// Writes a user's properties if nobody changed them meanwhile ($seen is the rendered text that was read, with annotations).
// Properties that are not ours stay. The node is locked by a property that is set and removed again, so that the comparison sees the last commit.
// Takes $id, $seen, $properties, $created_at
MATCH (user:User {id: $id})
SET user.locked = true
REMOVE user.locked
WITH user WHERE coalesce(user.rendered, '') + coalesce(user.annotations, '') = $seen
SET user += $properties, user.created_at = $created_at
RETURN user.id AS id
