// The users who follow both of two users, the first hundred by id.
// Cost: the followers of either user. Change the two ids.
// Example: id 17, username bo
MATCH (:User {id: 1})<-[:FOLLOWS]-(u:User)-[:FOLLOWS]->(:User {id: 2})
RETURN DISTINCT u.id AS id, u.username AS username
ORDER BY id LIMIT 100;
