// How many follows were made on each day (UTC).
// Needs the whole graph: one property per follow, 1 s per million follows.
// Example: day 2013-04-12, follows 31
MATCH ()-[f:FOLLOWS]->()
WHERE f.followed_at IS :: ZONED DATETIME NOT NULL
RETURN date(f.followed_at) AS day, count(*) AS follows
ORDER BY day;
