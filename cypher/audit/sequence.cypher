// The value of the sequence: the highest id that was drawn.
OPTIONAL MATCH (sequence:Sequence {name: 'relations'})
RETURN coalesce(sequence.value, 0) AS value
