// One further step of a deletion: some of the relationships of a user that is gone. The sequence is the lock of all writers.
// Takes $id, $limit
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.lock = true
SET sequence.value = coalesce(sequence.value, 0), sequence.era = coalesce(sequence.era, timestamp()) + 1
WITH sequence
MATCH (gone:Gone {id: $id})-[r]-()
WITH r LIMIT $limit
DELETE r
RETURN count(r) AS deleted
