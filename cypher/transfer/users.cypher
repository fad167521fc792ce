// Writes the users of a batch: creates new ones, and sets the given properties of existing ones. Other properties stay. A user who was changed since
// they were read (`stored`, as in users/replace; '' for a new user) is left as it is, and is not in the answer. Neither is a user whose deletion is
// not finished, and `events_after` is written (both as in users/create; not before the first event, as on the fast road).
// Takes $rows
// Logged: in bulk; the import ends with a reset.
UNWIND $rows AS row
WITH row WHERE NOT EXISTS { (:Gone {id: row.id}) }
MERGE (user:User {id: row.id})
ON CREATE SET user.events_after = CASE WHEN base > 0 AND (row.id <= coalesce(sequence.deleted_user, 0) OR row.id > 4611686018427387904) THEN base END
WITH row, user, CASE WHEN user.rendered IS :: STRING NOT NULL THEN user.rendered ELSE '' END + CASE WHEN user.annotations IS :: STRING NOT NULL THEN user.annotations ELSE '' END AS text
WHERE text IN ['', row.stored, coalesce(row.properties.rendered, '') + coalesce(row.properties.annotations, '')]
SET user += row.properties, user.created_at = row.created_at
RETURN user.id AS id
