// Users whose deletion was begun and not finished.
MATCH (gone:Gone) WHERE gone.id > 0
RETURN gone.id AS id
