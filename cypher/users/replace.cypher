// Writes a user's properties, unless they were changed since they were read ($stored is the rendered text and the annotations as they were read).
// Other properties stay.
// Takes $id, $stored, $properties, $created_at
// Logged: user
MATCH (user:User {id: $id})
WHERE CASE WHEN user.rendered IS :: STRING NOT NULL THEN user.rendered ELSE '' END + CASE WHEN user.annotations IS :: STRING NOT NULL THEN user.annotations ELSE '' END = $stored
SET user += $properties, user.created_at = $created_at
RETURN user.id AS id, [['user', user.id, 0, 0]] AS events
