// A page of users with ids above $after, in order of id.
// Takes $after, $limit
MATCH (user:User) WHERE user.id > $after
RETURN properties(user) AS properties ORDER BY user.id LIMIT $limit
