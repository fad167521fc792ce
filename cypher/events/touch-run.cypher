// Records that a run is in progress, and creates it the first time.
// Takes $run, $reason
// Logged: no event
MERGE (run:Run {id: $run})
SET run.reason = $reason, run.at = at.epochMillis
RETURN run.id AS id
