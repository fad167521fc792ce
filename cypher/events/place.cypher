// The ordinal of the last entry whose ids are not above $since; 0 if there is none.
// Takes $since
RETURN coalesce(head(COLLECT { MATCH (log:Log) WHERE log.last <= $since RETURN log.ordinal ORDER BY log.last DESC LIMIT 1 }), 0) AS ordinal
