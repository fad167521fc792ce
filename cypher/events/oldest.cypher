// The oldest entries of the log: ordinal, age in milliseconds by the database's clock, number of events up to and including the entry, id of its last event or null.
// Takes $limit
MATCH (log:Log) WHERE log.ordinal > 0
RETURN log.ordinal AS ordinal, datetime.realtime().epochMillis - log.at AS age, log.total AS total,
  CASE WHEN log.kinds IS NOT NULL THEN log.first + size(log.kinds) - 1 END AS last_event
ORDER BY log.ordinal LIMIT $limit
