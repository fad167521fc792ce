// Counts follows that an export leaves out: id, follower_id or followee_id is not a whole number above zero. A walk of all follows.
MATCH ()-[f:FOLLOWS]->()
WHERE NOT coalesce(f.id IS :: INTEGER NOT NULL AND f.id > 0, false)
  OR NOT coalesce(f.follower_id IS :: INTEGER NOT NULL AND f.follower_id > 0, false)
  OR NOT coalesce(f.followee_id IS :: INTEGER NOT NULL AND f.followee_id > 0, false)
RETURN count(f) AS left_out
