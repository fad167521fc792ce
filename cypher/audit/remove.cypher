// Removes these follows if there is still reason to: an end that is no user, oneself, a pair that they do not name, a block.
// Takes $elements, $blocked
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.lock = true
SET sequence.value = coalesce(sequence.value, 0), sequence.era = coalesce(sequence.era, timestamp()) + 1
WITH sequence
UNWIND $elements AS element
MATCH (a)-[f:FOLLOWS]->(b) WHERE elementId(f) = element
  AND (a = b OR NOT (a:User AND b:User) OR NOT coalesce(f.follower_id = a.id AND f.followee_id = b.id, false)
    OR $blocked AND EXISTS { (a)-[:BLOCKS]-(b) })
DELETE f
RETURN count(*) AS mended
