// Revokes all tokens of a user, and counts those that were valid; `known` is false if there is no such user. Tokens that have expired within a day are revoked, too:
// the clock of this instance may be ahead, and another one may take them. Older ones may be many, and all writers wait for this transaction.
// Takes $user_id, $now
// Logged: tokens-revoked, which is not an event; it ends the streams of the user's tokens.
OPTIONAL MATCH (user:User {id: $user_id})
CALL (user) {
  MATCH (t:Token) WHERE t.user_id = user.id AND t.kind = 'user' AND t.revoked_at IS NULL AND coalesce(t.expires_at, $now) > $now - 86400
  SET t.revoked_at = datetime.truncate('second')
  RETURN count(t) AS ended, count(CASE WHEN coalesce(t.expires_at, $now + 1) > $now THEN t END) AS revoked
}
RETURN user IS NOT NULL AS known, revoked, CASE WHEN ended > 0 THEN [['tokens-revoked', $user_id, 0, 0]] ELSE [] END AS events
