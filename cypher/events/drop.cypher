// Drops the entries of the log up to this ordinal; $last_event is the id of the last event in them, 0 if they have none.
// Takes $ordinal, $last_event
// Logged: no event
SET sequence.dropped_ordinal = CASE WHEN coalesce(sequence.dropped_ordinal, 0) < $ordinal THEN $ordinal ELSE sequence.dropped_ordinal END,
  sequence.dropped_event = CASE WHEN coalesce(sequence.dropped_event, 0) < $last_event THEN $last_event ELSE coalesce(sequence.dropped_event, 0) END
WITH sequence
MATCH (log:Log) WHERE log.ordinal <= $ordinal
DELETE log
RETURN count(*) AS dropped
