// Users that those whom the user follows follow, most often first: not yet followed, no mute, no block either way.
// Bounded: those whom the user follows are looked at newest follow first, 2,000 follows of each and 200,000 in all, so
// that the answer is exact below these and a sample above. Ranked first and filtered then, so that only as many are
// filtered as it takes to fill the list. The end is asked for behind the walk, which is never cut short so (docs/decisions/009).
// Takes $user_id, $limit
MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $user_id AND f.id > 0
WITH f ORDER BY f.follower_id DESC, f.id DESC
WITH endNode(f) AS known
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
