// The next users by id whose entries in the search index need an update: `unknown` have no words yet, and the rank of `ranked` does not
// match their number of followers any more. Graphs with fewer than 1,000 users have no ranks: there all matches are ranked exactly.
// Takes $after, $limit, $ranks
WITH COUNT { (:User) } >= 1000 AS many
MATCH (user:User) WHERE user.id > $after
WITH user, many ORDER BY user.id LIMIT $limit
WITH user, user.id AS id, many, CASE WHEN many THEN COUNT { (user)<-[:FOLLOWS]-() } ELSE 0 END AS followers
WITH user, id, many, CASE WHEN followers < 4 THEN '' ELSE substring($ranks, toInteger(log(followers / 4.0) / log(4)), 1) END AS rank
RETURN max(id) AS last, count(*) AS looked_at,
  collect(CASE WHEN user.search_words IS NULL THEN [id, user.username, user.name] END) AS unknown,
  collect(CASE WHEN many AND coalesce(user.search_rank, '') <> rank THEN {id: id, rank: rank} END) AS ranked
