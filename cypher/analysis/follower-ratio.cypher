// The twenty users with the highest ratio of followers to followed users, among users with at least ten followers.
// Needs the whole graph: two degree reads per user, 1 s per million users.
// Example: id 2, followers 1402, following 12, ratio 116.8
MATCH (u:User)
WITH u, COUNT { (u)<-[:FOLLOWS]-() } AS followers, COUNT { (u)-[:FOLLOWS]->() } AS following
WHERE followers >= 10 AND following > 0
RETURN u.id AS id, followers, following, toFloat(followers) / following AS ratio
ORDER BY ratio DESC, id LIMIT 20;
