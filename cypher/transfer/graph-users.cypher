// A page of users with ids above $after, in order of id, with their counts: the nodes of a graph file.
// Takes $after, $limit
MATCH (user:User) WHERE user.id > $after
RETURN user.id AS id, coalesce(toStringOrNull(user.username), 'u' + toStringOrNull(user.id)) AS username,
  coalesce(toStringOrNull(user.name), '') AS name,
  COUNT { (user)-[:FOLLOWS]->() } AS following, COUNT { (user)<-[:FOLLOWS]-() } AS followers
ORDER BY user.id LIMIT $limit
