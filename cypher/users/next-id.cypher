// The next free user id: one above the highest of those that exist, read from the end of the index, and those that were deleted.
OPTIONAL MATCH (sequence:Sequence {name: 'relations'})
WITH coalesce(sequence.deleted_user, 0) AS deleted
CALL () {
  MATCH (u:User) WHERE u.id > 0
  WITH u.id AS id ORDER BY u.id DESC LIMIT 1
  RETURN collect(id) AS highest
}
RETURN CASE WHEN highest = [] OR deleted > highest[0] THEN deleted ELSE highest[0] END + 1 AS id
