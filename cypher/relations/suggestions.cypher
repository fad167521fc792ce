// Users whom the user could follow, ranked by how many of the user's followed users follow them. Left out: users that are
// followed already or muted, and blocks in either direction. Followed users who hide their lists count for nobody: with a single one of them
// the suggestions would be the hidden list.
// Bounded: it reads 2,000 follows of each followed user, newest follow first, and 200,000 in all. Below these bounds the
// result is exact, above them it is a sample. It ranks before it filters, so that it filters only as many as fill the list.
// The end nodes are read after the walk, which a deletion at the same time could otherwise end early (docs/decisions/009).
// Takes $user_id, $limit
MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $user_id AND f.id > 0
WITH f ORDER BY f.follower_id DESC, f.id DESC
WITH endNode(f) AS known WHERE coalesce(known.hides_lists, false) <> true
CALL (known) {
  MATCH (known)-[:FOLLOWS]->(candidate)
  RETURN candidate LIMIT 2000
}
WITH candidate LIMIT 200000
WITH candidate, count(*) AS known_followers
WITH candidate, candidate.id AS user_id, known_followers ORDER BY known_followers DESC, user_id
WHERE candidate:User AND user_id <> $user_id
  AND NOT EXISTS { ()-[x:FOLLOWS]->() WHERE x.follower_id = $user_id AND x.followee_id = user_id }
  AND NOT EXISTS { ()-[x:MUTES]->() WHERE x.muter_id = $user_id AND x.muted_id = user_id }
  AND NOT EXISTS { ()-[x:BLOCKS]->() WHERE x.blocker_id = $user_id AND x.blocked_id = user_id }
  AND NOT EXISTS { ()-[x:BLOCKS]->() WHERE x.blocker_id = user_id AND x.blocked_id = $user_id }
WITH candidate AS user, user_id, known_followers LIMIT $limit
RETURN user, user_id, known_followers
