// Requests to follow a locked user: one pair, one edge; the list of those who wait; and the list of those whom a user has asked.
CREATE CONSTRAINT requests_pair IF NOT EXISTS FOR ()-[q:REQUESTS]-() REQUIRE (q.requester_id, q.requested_id) IS UNIQUE;
CREATE INDEX requests_requested IF NOT EXISTS FOR ()-[q:REQUESTS]-() ON (q.requested_id, q.id);
CREATE INDEX requests_requester IF NOT EXISTS FOR ()-[q:REQUESTS]-() ON (q.requester_id, q.id);
