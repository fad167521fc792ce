// How many users joined in each month (UTC).
// Needs the whole graph: one property per user, 1 s per million users.
// Example: month 2012-08, users 140
MATCH (u:User)
WHERE u.created_at IS :: ZONED DATETIME NOT NULL
WITH datetime({epochSeconds: u.created_at.epochSeconds}) AS joined
RETURN substring(toString(date(joined)), 0, 7) AS month, count(*) AS users
ORDER BY month;
