// Whose these usernames (lower case) are; null where nobody has one.
// Takes $usernames
UNWIND range(0, size($usernames) - 1) AS n
OPTIONAL MATCH (u:User {username_key: $usernames[n]})
RETURN n, u.id AS id
