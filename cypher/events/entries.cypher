// Entries of the log after this ordinal, oldest first, and the end and the beginning of the log.
// Takes $ordinal, $limit
MATCH (sequence:Sequence {name: 'relations'})
WITH [coalesce(sequence.value, 0), coalesce(sequence.ordinal, 0), coalesce(sequence.events, 0), coalesce(sequence.dropped_ordinal, 0), coalesce(sequence.dropped_event, 0)] AS head
RETURN head, COLLECT {
  MATCH (log:Log) WHERE log.ordinal > $ordinal
  WITH log ORDER BY log.ordinal LIMIT $limit
  RETURN [log.ordinal, log.first, log.last, log.at, log.kinds, log.from, log.to, log.ids, log.about]
} AS entries
