// The oldest entries of the log: ordinal, time, number of events up to and including the entry, id of its last event or null.
// Takes $limit
MATCH (log:Log) WHERE log.ordinal > 0
RETURN log.ordinal AS ordinal, log.at AS made_at, log.total AS total,
  CASE WHEN log.kinds IS NOT NULL THEN log.first + size(log.kinds) - 1 END AS last_event
ORDER BY log.ordinal LIMIT $limit
