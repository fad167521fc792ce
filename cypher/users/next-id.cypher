// The next free user id: one above the highest of those that exist, read from the end of the index, and those that were deleted (as audit/give-ids).
// Ids above 2^62 come from callers, and above the last of them there would be no free ids: they do not count (as users/depart).
// The highest id may be a float, as some drivers write plain numbers; the next one is an integer nevertheless.
OPTIONAL MATCH (sequence:Sequence {name: 'relations'})
WITH toInteger(coalesce(head(COLLECT { MATCH (top:User) WHERE top.id > 0 AND top.id <= 4611686018427387904 RETURN top.id ORDER BY top.id DESC LIMIT 1 }), 0)) AS existing, coalesce(sequence.deleted_user, 0) AS deleted
RETURN CASE WHEN deleted > existing THEN deleted ELSE existing END + 1 AS id
