// Writes what users lack, unless somebody changed them since they were read ($seen in a row: rendered text and annotations).
// Takes $rows
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.lock = true
SET sequence.value = coalesce(sequence.value, 0), sequence.era = coalesce(sequence.era, timestamp()) + 1
WITH sequence
UNWIND $rows AS row
MATCH (user:User {id: row.id})
SET user.locked = true
REMOVE user.locked
WITH user, row WHERE coalesce(user.rendered, '') + coalesce(user.annotations, '') = row.seen
SET user += row.properties
RETURN count(user) AS mended
