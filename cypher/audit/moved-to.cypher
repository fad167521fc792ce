// Users whose moved_to names nobody or themselves.
MATCH (user:User) WHERE user.moved_to > 0
  AND (user.moved_to = user.id OR NOT EXISTS { MATCH (to:User {id: user.moved_to}) })
RETURN user.id AS id, user.moved_to AS moved_to
