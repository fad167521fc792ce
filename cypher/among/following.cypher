// Of the users with these ids, those whom the user follows.
// One seek for each, as in followers.
UNWIND $ids AS id
MATCH ()-[f:FOLLOWS]->()
USING INDEX SEEK f:FOLLOWS(follower_id, followee_id)
WHERE f.follower_id = $user_id AND f.followee_id = id AND f.id < $before AND f.id > $since
RETURN f.followee_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
