// Users whose deletion has begun and is not finished.
MATCH (gone:Gone) WHERE gone.id > 0
RETURN gone.id AS id
