// Runs that were not touched for $ms milliseconds: their processes have died.
// Takes $ms
MATCH (run:Run) WHERE run.at < datetime.realtime().epochMillis - $ms
RETURN run.id AS id, run.reason AS reason
