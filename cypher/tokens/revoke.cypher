// Revokes a token; the node stays, so that the next use is answered "revoked" and not "unknown".
// Takes $hash
// Logged: token-revoked, which is not an event; `about` is the hash, and streams of the token end.
MATCH (t:Token {hash: $hash})
SET t.revoked_at = coalesce(t.revoked_at, datetime.truncate('second'))
RETURN t.kind AS kind, [['token-revoked', coalesce(t.user_id, 0), 0, 0]] AS events, $hash AS about
