// The twenty requests to follow a locked user that have waited longest: who asks whom, and since which day (UTC).
// Needs the whole graph: one property per request.
// Example: requester 31, requested 7, since 2013-04-12
MATCH (a:User)-[q:REQUESTS]->(b:User)
WHERE q.requested_at IS :: ZONED DATETIME NOT NULL
WITH a, b, q.requested_at.epochSeconds AS asked
ORDER BY asked, a.id, b.id LIMIT 20
RETURN a.id AS requester, b.id AS requested, date(datetime({epochSeconds: asked})) AS since
ORDER BY asked, requester, requested;
