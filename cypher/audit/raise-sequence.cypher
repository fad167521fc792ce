// Raises the sequence to the highest existing id, so that no id is used twice.
// Takes $highest
// Logged: in bulk; the repair ends with a reset.
RETURN CASE WHEN base < $highest THEN $highest ELSE base END AS value, CASE WHEN base < $highest THEN $highest - base ELSE 0 END AS drawn
