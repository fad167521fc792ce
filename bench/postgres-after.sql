-- Keys and indexes after the load, then the trigger that keeps the counters exact.
ALTER TABLE follows ADD PRIMARY KEY (follower_id, followee_id);
CREATE INDEX follows_followers ON follows (followee_id, id DESC) INCLUDE (follower_id, followed_at);
CREATE INDEX follows_following ON follows (follower_id, id DESC) INCLUDE (followee_id, followed_at);
CREATE UNIQUE INDEX users_username ON users (lower(username));
UPDATE users u SET followers = c.n FROM (SELECT followee_id, count(*) n FROM follows GROUP BY 1) c WHERE c.followee_id = u.id;
UPDATE users u SET following = c.n FROM (SELECT follower_id, count(*) n FROM follows GROUP BY 1) c WHERE c.follower_id = u.id;
SELECT setval('follow_ids', (SELECT max(id) FROM follows));

-- The lower id first, so that two writers never wait for each other in a ring.
CREATE FUNCTION count_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE a bigint; b bigint; d int;
BEGIN
  IF TG_OP = 'INSERT' THEN a := NEW.follower_id; b := NEW.followee_id; d := 1;
  ELSE a := OLD.follower_id; b := OLD.followee_id; d := -1; END IF;
  IF a < b THEN
    UPDATE users SET following = following + d WHERE id = a;
    UPDATE users SET followers = followers + d WHERE id = b;
  ELSE
    UPDATE users SET followers = followers + d WHERE id = b;
    UPDATE users SET following = following + d WHERE id = a;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER count_follow AFTER INSERT OR DELETE ON follows FOR EACH ROW EXECUTE FUNCTION count_follow();

-- One round trip a follow: the rule, the row, and the user as it is afterwards (with its document where that is wanted).
CREATE FUNCTION follow(viewer bigint, target bigint, documented boolean, OUT verdict text, OUT u users, OUT doc text, OUT follows_you boolean)
LANGUAGE plpgsql AS $$
DECLARE kind text;
BEGIN
  SELECT x.type INTO kind FROM users x WHERE x.id = viewer;
  IF kind IS NULL THEN verdict := 'unauthorized'; RETURN; END IF;
  IF viewer = target THEN verdict := 'self-follow'; RETURN; END IF;
  IF EXISTS (SELECT FROM blocks b WHERE b.blocker_id = viewer AND b.blocked_id = target)
    OR EXISTS (SELECT FROM blocks b WHERE b.blocker_id = target AND b.blocked_id = viewer) THEN verdict := 'blocked'; RETURN; END IF;
  IF kind = 'bot' AND NOT EXISTS (SELECT FROM follows f WHERE f.follower_id = target AND f.followee_id = viewer) THEN verdict := 'bot-rule'; RETURN; END IF;
  IF NOT EXISTS (SELECT FROM users x WHERE x.id = target) THEN verdict := 'not-found'; RETURN; END IF;
  INSERT INTO follows (id, follower_id, followee_id) VALUES (nextval('follow_ids'), viewer, target) ON CONFLICT DO NOTHING;
  SELECT x.* INTO u FROM users x WHERE x.id = target;
  IF documented THEN SELECT d.doc INTO doc FROM documents d WHERE d.user_id = target; END IF;
  follows_you := EXISTS (SELECT FROM follows f WHERE f.follower_id = target AND f.followee_id = viewer);
  verdict := 'done';
END $$;
CREATE FUNCTION unfollow(viewer bigint, target bigint, documented boolean, OUT verdict text, OUT u users, OUT doc text, OUT follows_you boolean)
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM users x WHERE x.id = target) THEN verdict := 'not-found'; RETURN; END IF;
  DELETE FROM follows f WHERE f.follower_id = viewer AND f.followee_id = target;
  SELECT x.* INTO u FROM users x WHERE x.id = target;
  IF documented THEN SELECT d.doc INTO doc FROM documents d WHERE d.user_id = target; END IF;
  follows_you := EXISTS (SELECT FROM follows f WHERE f.follower_id = target AND f.followee_id = viewer);
  verdict := 'done';
END $$;
VACUUM (ANALYZE, FREEZE);
