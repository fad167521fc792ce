// Writes the ranks of users in the search index, one for each power of four of their followers; the rank '' is removed.
// Takes $rows
// Logged: no event
UNWIND $rows AS row
MATCH (user:User {id: row.id})
SET user.search_rank = CASE row.rank WHEN '' THEN null ELSE row.rank END
RETURN count(user) AS written
