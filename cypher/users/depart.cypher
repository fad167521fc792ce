// The first step of a deletion: from then on the user is not found, has no token, and cannot get a relation.
// Takes $id
// Logged: user-leaving, which is not an event. The last step of the deletion logs the event.
MATCH (user:User {id: $id})
REMOVE user:User, user.username_key
SET user:Gone
WITH user
OPTIONAL MATCH (t:Token {user_id: $id})
DELETE t
WITH DISTINCT user
RETURN $id AS id, [['user-leaving', $id, 0, 0]] AS events
