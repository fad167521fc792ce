// Writes how well followed users are, roughly; a rank that is '' is none.
// Takes $rows
// Logged: nothing that is told
UNWIND $rows AS row
MATCH (user:User {id: row.id})
SET user.search_rank = CASE row.rank WHEN '' THEN null ELSE row.rank END
RETURN count(user) AS written
