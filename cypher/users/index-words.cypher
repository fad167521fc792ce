// Writes the words of users for the search index, unless they were renamed since they were read.
// Takes $rows
// Logged: no event
UNWIND $rows AS row
MATCH (user:User {id: row.id})
WHERE coalesce(user.username, '') = row.username AND coalesce(user.name, '') = row.name
SET user.search_words = row.words
RETURN count(user) AS written
