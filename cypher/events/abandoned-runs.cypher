// Runs that were not touched for $ms milliseconds: their processes have died. A time that is as far ahead comes from before the clock was set back; a
// process that lives touches its run again soon.
// Takes $ms
WITH datetime.realtime().epochMillis AS now
MATCH (run:Run) WHERE run.at < now - $ms OR run.at > now + $ms
RETURN run.id AS id, run.reason AS reason
