// The newest ordinal of the log, the time of the entry with the ordinal $ordinal (null if that entry was dropped), and the entries after it.
// Takes $ordinal, $limit
OPTIONAL MATCH (sequence:Sequence {name: 'relations'})
WITH coalesce(sequence.ordinal, 0) AS ordinal
OPTIONAL MATCH (known:Log {ordinal: $ordinal})
RETURN ordinal, known.at AS known_at, CASE WHEN ordinal > $ordinal THEN COLLECT {
  MATCH (log:Log) WHERE log.ordinal > $ordinal
  WITH log ORDER BY log.ordinal LIMIT $limit
  RETURN [log.ordinal, log.first, log.last, log.at, log.kinds, log.from, log.to, log.ids, log.about]
} ELSE [] END AS entries
