// The log of changes: one node a transaction of ours, in commit order; and what is kept for those who are told of changes.
CREATE CONSTRAINT log_ordinal IF NOT EXISTS FOR (l:Log) REQUIRE l.ordinal IS UNIQUE;
// Where an event id lies.
CREATE INDEX log_last IF NOT EXISTS FOR (l:Log) ON (l.last);
CREATE CONSTRAINT run_id IF NOT EXISTS FOR (r:Run) REQUIRE r.id IS UNIQUE;
CREATE INDEX run_at IF NOT EXISTS FOR (r:Run) ON (r.at);
CREATE CONSTRAINT event_stream_id IF NOT EXISTS FOR (s:EventStream) REQUIRE s.id IS UNIQUE;
CREATE INDEX event_stream_client IF NOT EXISTS FOR (s:EventStream) ON (s.client_id);
// One key an app; those without a key are not compared.
CREATE CONSTRAINT event_stream_key IF NOT EXISTS FOR (s:EventStream) REQUIRE (s.client_id, s.key) IS UNIQUE;
CREATE CONSTRAINT webhook_secret IF NOT EXISTS FOR (w:Webhook) REQUIRE w.secret IS UNIQUE;
CREATE CONSTRAINT webhook_id IF NOT EXISTS FOR (w:Webhook) REQUIRE w.id IS UNIQUE;
CREATE CONSTRAINT lease_name IF NOT EXISTS FOR (l:Lease) REQUIRE l.name IS UNIQUE;
