// The most followed users, most followed first, and how many users there are in all.
// Takes $users
// Needs the whole graph: one degree read per user.
MATCH (u:User)
WHERE u.id IS :: INTEGER NOT NULL
WITH u, COUNT { (u)<-[:FOLLOWS]-() } AS followers
ORDER BY followers DESC, u.id LIMIT $users
RETURN u.id AS id, coalesce(toString(u.username), 'u' + u.id) AS username, followers, COUNT { MATCH (:User) } AS all_users
ORDER BY followers DESC, id
