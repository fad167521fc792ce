// Of the users with these ids, those whom the user follows and who do not follow back.
// One seek for each, as in followers.
UNWIND $ids AS id
MATCH ()-[f:FOLLOWS]->()
USING INDEX SEEK f:FOLLOWS(follower_id, followee_id)
WHERE f.follower_id = $user_id AND f.followee_id = id AND f.id < $before AND f.id > $since
  AND NOT EXISTS { ()-[back:FOLLOWS]->() WHERE back.follower_id = f.followee_id AND back.followee_id = $user_id }
RETURN f.followee_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
