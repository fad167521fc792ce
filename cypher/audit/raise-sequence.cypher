// Raises the sequence, so that no id is given that is already there.
// Takes $highest
MERGE (sequence:Sequence {name: 'relations'})
SET sequence.lock = true
SET sequence.value = CASE WHEN coalesce(sequence.value, 0) < $highest THEN $highest ELSE coalesce(sequence.value, 0) END
RETURN sequence.value AS value
