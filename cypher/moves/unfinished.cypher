// Moves that have begun, are not finished, and have no process that was alive during the last $ms milliseconds.
// Takes $ms
MATCH (from:User) WHERE from.moving_to > 0
OPTIONAL MATCH (run:Run {id: from.moving_run})
WITH from, run WHERE run IS NULL OR run.at < datetime.realtime().epochMillis - $ms
RETURN from.id AS id, from.moving_to AS to, from.moving_up_to AS up_to
