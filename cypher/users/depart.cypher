// The first step of a deletion: from here on the user is not found, has no token, and can make no relation.
// Takes $id
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.lock = true
SET sequence.value = coalesce(sequence.value, 0), sequence.era = coalesce(sequence.era, timestamp()) + 1
WITH sequence
MATCH (user:User {id: $id})
REMOVE user:User, user.username_key
SET user:Gone
WITH user
OPTIONAL MATCH (t:Token {user_id: $id})
DELETE t
RETURN count(t) AS tokens
