// The next free user id: one above the highest of those that exist, read from the end of the index, and those that were deleted (as audit/give-ids).
OPTIONAL MATCH (sequence:Sequence {name: 'relations'})
WITH coalesce(head(COLLECT { MATCH (top:User) WHERE top.id > 0 RETURN top.id ORDER BY top.id DESC LIMIT 1 }), 0) AS existing, coalesce(sequence.deleted_user, 0) AS deleted
RETURN CASE WHEN deleted > existing THEN deleted ELSE existing END + 1 AS id
