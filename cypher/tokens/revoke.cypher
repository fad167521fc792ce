// Revokes a token; the node stays, so that the next use can be told "revoked" from "unknown".
// Takes $hash
MATCH (t:Token {hash: $hash})
SET t.revoked_at = coalesce(t.revoked_at, datetime.truncate('second'))
RETURN t.kind AS kind
