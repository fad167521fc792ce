// A middle step of a deletion: deletes up to $limit tokens of the user. They have not been valid since the first step, and no new user gets the id before
// the last one.
// Takes $id, $limit
// Logged: no event
MATCH (gone:Gone {id: $id})
MATCH (t:Token) WHERE t.user_id = gone.id
WITH t LIMIT $limit
DELETE t
RETURN count(*) AS deleted
