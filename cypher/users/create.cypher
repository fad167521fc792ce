// Creates a user; fails on the constraint where the id or the username is taken.
// Takes $properties, $created_at
CREATE (user:User) SET user = $properties, user.created_at = $created_at
RETURN user.id AS id
