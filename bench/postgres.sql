-- The tables of the hand-written stack: what a good team would build for these pages, with nothing left out for speed.
CREATE TABLE users (
  id bigint PRIMARY KEY, username text NOT NULL, type text NOT NULL,
  doc text NOT NULL, -- the constant part of the User object as JSON, rendered when it is written
  following int NOT NULL DEFAULT 0, followers int NOT NULL DEFAULT 0
) WITH (fillfactor = 80);
CREATE TABLE follows (
  id bigint NOT NULL, follower_id bigint NOT NULL, followee_id bigint NOT NULL, followed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE mutes (muter_id bigint, muted_id bigint, PRIMARY KEY (muter_id, muted_id));
CREATE TABLE blocks (blocker_id bigint, blocked_id bigint, PRIMARY KEY (blocker_id, blocked_id));
CREATE INDEX blocks_blocked ON blocks (blocked_id);
CREATE TABLE tokens (hash bytea PRIMARY KEY, user_id bigint NOT NULL, scopes text NOT NULL, expires_at timestamptz, revoked_at timestamptz);
CREATE SEQUENCE follow_ids;
