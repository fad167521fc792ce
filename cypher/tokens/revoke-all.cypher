// Revokes all valid tokens of a user and counts them; `known` is false if there is no such user.
// Takes $user_id, $now
// Logged: tokens-revoked, which is not an event; it ends the streams of the user's tokens.
OPTIONAL MATCH (user:User {id: $user_id})
CALL (user) {
  MATCH (t:Token) WHERE t.user_id = user.id AND t.kind = 'user' AND t.revoked_at IS NULL AND coalesce(t.expires_at, $now + 1) > $now
  SET t.revoked_at = datetime.truncate('second')
  RETURN count(t) AS revoked
}
RETURN user IS NOT NULL AS known, revoked, CASE WHEN revoked > 0 THEN [['tokens-revoked', $user_id, 0, 0]] ELSE [] END AS events
