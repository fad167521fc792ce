// Takes from these follows the pair that they claim and are not of, so that whoever it belongs to can have it.
// Takes $elements
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.lock = true
SET sequence.value = coalesce(sequence.value, 0), sequence.era = coalesce(sequence.era, timestamp()) + 1
WITH sequence
UNWIND $elements AS element
MATCH (a)-[f:FOLLOWS]->(b) WHERE elementId(f) = element AND NOT coalesce(f.follower_id = a.id AND f.followee_id = b.id, false)
REMOVE f.follower_id, f.followee_id
RETURN count(f) AS mended
