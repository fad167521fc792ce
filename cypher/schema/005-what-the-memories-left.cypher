// The service remembers by the log of changes alone: what proved its older memories goes, a part of the users at a time.
MATCH (user:User|Gone) WHERE user.rendered_hash IS NOT NULL OR user.ended IS NOT NULL
CALL (user) { REMOVE user.rendered_hash, user.ended } IN TRANSACTIONS OF 10000 ROWS;
MATCH (s:Sequence {name: 'relations'}) REMOVE s.era;
