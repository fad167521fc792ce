// Of the users with these ids, those who follow the user.
// One index seek per id: for 20,000 ids that takes 70 ms; one seek with all ids as a list of keys takes 130 ms. In the index the entries of the
// user's followers are adjacent.
UNWIND $ids AS id
MATCH ()-[f:FOLLOWS]->()
USING INDEX SEEK f:FOLLOWS(followee_id, follower_id)
WHERE f.followee_id = $user_id AND f.follower_id = id AND f.id < $before AND f.id > $since
RETURN f.follower_id AS user_id, f.id AS pagination_id, f.followed_at AS made_at
