// The ids of the users with these usernames (lower case), null where there is none.
// Takes $batch ({usernames}: in a map, or each size of a list would be planned anew)
UNWIND range(0, size($batch.usernames) - 1) AS n
OPTIONAL MATCH (u:User {username_key: $batch.usernames[n]})
RETURN n, u.id AS id
