// Tokens and clients; only hashes of secrets are stored.
CREATE CONSTRAINT token_hash IF NOT EXISTS FOR (t:Token) REQUIRE t.hash IS UNIQUE;
CREATE CONSTRAINT client_client_id IF NOT EXISTS FOR (c:Client) REQUIRE c.client_id IS UNIQUE;
CREATE INDEX token_user IF NOT EXISTS FOR (t:Token) ON (t.user_id);
MERGE (c:Client {client_id: 'follow-graph'}) ON CREATE SET c.name = 'follow-graph command line', c.link = '', c.created_at = datetime.truncate('second');
