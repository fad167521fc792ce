// The ids of the users with these usernames (lower case); null if no user has the name.
// Takes $usernames
UNWIND range(0, size($usernames) - 1) AS n
OPTIONAL MATCH (u:User {username_key: $usernames[n]})
RETURN n, u.id AS id
