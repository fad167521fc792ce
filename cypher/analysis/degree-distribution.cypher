// How many users have how many followers.
// Needs the whole graph: a degree read a user, 1 s a million users.
// Example: followers 3, users 118
MATCH (u:User)
WITH COUNT { (u)<-[:FOLLOWS]-() } AS followers
RETURN followers, count(*) AS users
ORDER BY followers;
