// How many follows were made on each day (UTC).
// Needs the whole graph: one property per follow, 1 s per million follows.
// Example: day 2013-04-12, follows 31
MATCH ()-[f:FOLLOWS]->()
WHERE f.followed_at IS :: ZONED DATETIME NOT NULL
// The service writes all dates in UTC, Cypher may have written others.
WITH date(datetime({epochSeconds: f.followed_at.epochSeconds})) AS day
RETURN day, count(*) AS follows
ORDER BY day;
