// The ids of the users with these usernames (lower case); null if there is none.
// Takes $batch ({usernames}: in a map, because a list parameter is planned anew for each size)
UNWIND range(0, size($batch.usernames) - 1) AS n
OPTIONAL MATCH (u:User {username_key: $batch.usernames[n]})
RETURN n, u.id AS id
