// Users whose deletion has begun and is not finished, with the number of relationships and tokens that are left.
MATCH (gone:Gone) WHERE gone.id > 0
RETURN gone.id AS id, COUNT { (gone)--() } + COUNT { MATCH (t:Token) WHERE t.user_id = gone.id } AS left
