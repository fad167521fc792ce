// The end and the beginning of the log: the last id drawn, the newest entry's ordinal, the number of all events ever written, the
// ordinal of the last dropped entry, and the id of the last dropped event.
OPTIONAL MATCH (sequence:Sequence {name: 'relations'})
RETURN coalesce(sequence.value, 0) AS last, coalesce(sequence.ordinal, 0) AS ordinal, coalesce(sequence.events, 0) AS total,
  coalesce(sequence.dropped_ordinal, 0) AS dropped_ordinal, coalesce(sequence.dropped_event, 0) AS dropped_event
