// The last step of a deletion: the node, bare by now.
// Takes $id
MATCH (gone:Gone {id: $id})
DELETE gone
