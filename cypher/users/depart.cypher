// The first step of a deletion: from then on the user is not found, its tokens are not valid, and it cannot get a relation. The highest deleted
// id is kept, so that no new user gets it. Ids above 2^62 come from callers, and above them there would be no free ids: they are not kept.
// Takes $id
// Logged: user-leaving, which is not an event. The last step of the deletion logs the event.
MATCH (user:User {id: $id})
REMOVE user:User, user.username_key
SET user:Gone, sequence.deleted_user = CASE
  WHEN $id > coalesce(sequence.deleted_user, 0) AND $id <= 4611686018427387904 THEN $id
  ELSE sequence.deleted_user
END
RETURN $id AS id, [['user-leaving', $id, 0, 0]] AS events
