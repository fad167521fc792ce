// The twenty requests to follow a locked user that have waited longest: who asks whom, and since which day (UTC).
// Needs the whole graph: one property per request.
// Example: requester 31, requested 7, since 2013-04-12
MATCH (a:User)-[q:REQUESTS]->(b:User)
WHERE q.requested_at IS :: ZONED DATETIME NOT NULL
RETURN a.id AS requester, b.id AS requested, date(q.requested_at) AS since
ORDER BY q.requested_at, requester, requested LIMIT 20;
