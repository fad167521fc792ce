-- The tables of the hand-written stack: what a good team would build for these pages, with nothing left out for speed.
CREATE TABLE users (
  id bigint PRIMARY KEY, username text NOT NULL, name text NOT NULL, type text NOT NULL, timezone text NOT NULL, locale text NOT NULL,
  created_at timestamptz NOT NULL, description text, description_html text, description_entities text, verified_domain text,
  avatar_url text, avatar_width int, avatar_height int, cover_url text, cover_width int, cover_height int,
  following int NOT NULL DEFAULT 0, followers int NOT NULL DEFAULT 0
) WITH (fillfactor = 80);
-- For the rival that goes furthest (pg-rendered): the constant part of the User object as JSON, rendered when it is written.
-- Apart from users, so that a counter's update does not copy it.
CREATE TABLE documents (user_id bigint PRIMARY KEY, doc text NOT NULL);
CREATE TABLE follows (
  id bigint NOT NULL, follower_id bigint NOT NULL, followee_id bigint NOT NULL, followed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE mutes (muter_id bigint, muted_id bigint, PRIMARY KEY (muter_id, muted_id));
CREATE TABLE blocks (blocker_id bigint, blocked_id bigint, PRIMARY KEY (blocker_id, blocked_id));
CREATE INDEX blocks_blocked ON blocks (blocked_id);
CREATE TABLE tokens (hash bytea PRIMARY KEY, user_id bigint NOT NULL, scopes text NOT NULL, expires_at timestamptz, revoked_at timestamptz);
CREATE SEQUENCE follow_ids;
