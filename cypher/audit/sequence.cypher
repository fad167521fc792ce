// The highest id that the sequence has given.
OPTIONAL MATCH (sequence:Sequence {name: 'relations'})
RETURN coalesce(sequence.value, 0) AS value
