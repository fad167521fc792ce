// Ends a run; with $changed it logs a reset, upon which readers read everything again. So does a repeat, and the end of a run that was taken for abandoned.
// Takes $run, $reason, $changed
// Logged: reset
OPTIONAL MATCH (run:Run {id: $run})
DELETE run
RETURN $changed AS changed, CASE WHEN $changed THEN [['reset', 0, 0, 0]] ELSE [] END AS events, CASE WHEN $changed THEN $reason END AS about
