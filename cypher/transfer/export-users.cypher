// A page of users behind the one with this id, in order of id.
// Takes $after, $limit
MATCH (user:User) WHERE user.id > $after
RETURN properties(user) AS properties ORDER BY user.id LIMIT $limit
