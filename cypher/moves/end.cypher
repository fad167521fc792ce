// The last step of a move: removes the mark, unless it belongs to a later move, which may be between the same two users. The totals stay until
// the next move, because another process may be carrying out the same move and needs them for its answer.
// Takes $id, $to, $up_to
// Logged: no event
MATCH (from:User {id: $id})
USING INDEX from:User(id)
WHERE from.moving_to = $to AND from.moving_up_to = $up_to
REMOVE from.moving_to, from.moving_up_to, from.moving_run
RETURN from.id AS id
