// Gives these users the next free ids, read from the end of the index.
// Takes $elements
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.lock = true
SET sequence.value = coalesce(sequence.value, 0), sequence.era = coalesce(sequence.era, timestamp()) + 1
WITH coalesce(head(COLLECT { MATCH (top:User) WHERE top.id > 0 RETURN top.id ORDER BY top.id DESC LIMIT 1 }), 0) AS base
UNWIND range(0, size($elements) - 1) AS n
MATCH (user:User) WHERE elementId(user) = $elements[n] AND NOT coalesce(user.id IS :: INTEGER NOT NULL AND user.id > 0, false)
SET user.id = base + n + 1
RETURN count(user) AS mended
