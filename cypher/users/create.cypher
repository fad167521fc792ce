// Creates users; fails on a constraint if an id or a username is taken. While the deletion of a user with the same id is not finished, a user is not
// created and not in the answer: it could not be told apart which of the two the relationships that are left belong to.
// The id of a new user may have belonged to a deleted one, whose events are not for the new one: `events_after` says where those of the new one begin.
// Takes $batch ({users: [{properties, created_at}]}: in a map, because a list parameter is planned anew for each size)
// Logged: user
UNWIND $batch.users AS new
WITH new WHERE NOT EXISTS { (:Gone {id: new.properties.id}) }
CREATE (user:User) SET user = new.properties, user.created_at = new.created_at,
  user.events_after = CASE WHEN new.properties.id <= coalesce(sequence.deleted_user, 0) OR new.properties.id > 4611686018427387904 THEN base END
RETURN user.id AS id, [['user', user.id, 0, 0]] AS events
