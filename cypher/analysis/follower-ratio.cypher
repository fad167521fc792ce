// The twenty users with the most followers for each user that they follow, of those with ten followers or more.
// Needs the whole graph: two degree reads a user, 1 s a million users.
// Example: id 2, followers 1402, following 12, ratio 116.8
MATCH (u:User)
WITH u, COUNT { (u)<-[:FOLLOWS]-() } AS followers, COUNT { (u)-[:FOLLOWS]->() } AS following
WHERE followers >= 10 AND following > 0
RETURN u.id AS id, followers, following, toFloat(followers) / following AS ratio
ORDER BY ratio DESC, id LIMIT 20;
