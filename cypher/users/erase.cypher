// The last step of a deletion: deletes the node, which has no relationships by then.
// Takes $id
// Logged: user-deleted
MATCH (gone:Gone {id: $id})
DELETE gone
RETURN $id AS id, [['user-deleted', $id, 0, 0]] AS events
