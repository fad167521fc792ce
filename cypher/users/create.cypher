// Creates users; fails on a constraint if an id or a username is taken. While the deletion of a user with the same id is not finished, a user is not
// created and not in the answer: it could not be told apart which of the two the relationships that are left belong to.
// Takes $batch ({users: [{properties, created_at}]}: in a map, because a list parameter is planned anew for each size)
// Logged: user
UNWIND $batch.users AS new
WITH new WHERE NOT EXISTS { (:Gone {id: new.properties.id}) }
CREATE (user:User) SET user = new.properties, user.created_at = new.created_at
RETURN user.id AS id, [['user', user.id, 0, 0]] AS events
