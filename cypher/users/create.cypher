// Creates users; fails on a constraint if an id or a username is taken.
// Takes $batch ({users: [{properties, created_at}]}: in a map, because a list parameter is planned anew for each size)
// Logged: user
UNWIND $batch.users AS new
CREATE (user:User) SET user = new.properties, user.created_at = new.created_at
RETURN user.id AS id, [['user', user.id, 0, 0]] AS events
