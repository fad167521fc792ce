// The twenty users who gained the most followers in the thirty days before the newest follow.
// Needs the whole graph: one property per follow, twice, 3 s per million follows.
// Example: id 2, gained 77
MATCH ()-[f:FOLLOWS]->() WHERE f.followed_at IS :: ZONED DATETIME NOT NULL
WITH max(f.followed_at) - duration({days: 30}) AS since
MATCH ()-[f:FOLLOWS]->(u:User)
WHERE f.followed_at IS :: ZONED DATETIME NOT NULL AND f.followed_at > since
RETURN u.id AS id, count(*) AS gained
ORDER BY gained DESC, id LIMIT 20;
