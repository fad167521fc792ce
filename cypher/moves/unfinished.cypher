// Moves that have begun, are not finished, and have no process that was alive during the last $ms milliseconds. A time that is as far ahead comes from
// before the clock was set back.
// Takes $ms
WITH datetime.realtime().epochMillis AS now
MATCH (from:User) WHERE from.moving_to > 0
OPTIONAL MATCH (run:Run {id: from.moving_run})
WITH from, run, now WHERE run IS NULL OR run.at < now - $ms OR run.at > now + $ms
RETURN from.id AS id, from.moving_to AS to, from.moving_up_to AS up_to
