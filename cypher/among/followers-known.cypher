// Of the users with these ids, those who follow the user and whom the viewer follows, with their follow of the user.
// One seek for each, as in followers.
UNWIND $ids AS id
MATCH ()-[f:FOLLOWS]->()
USING INDEX SEEK f:FOLLOWS(followee_id, follower_id)
WHERE f.followee_id = $user_id AND f.follower_id = id AND f.id < $before AND f.id > $since
  AND EXISTS { ()-[known:FOLLOWS]->() WHERE known.follower_id = $viewer_id AND known.followee_id = f.follower_id }
RETURN f.follower_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
