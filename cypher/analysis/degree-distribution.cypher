// How many users have how many followers.
// Needs the whole graph: one degree read per user, 1 s per million users.
// Example: followers 3, users 118
MATCH (u:User)
WITH COUNT { (u)<-[:FOLLOWS]-() } AS followers
RETURN followers, count(*) AS users
ORDER BY followers;
