// The streams of an app; only the one with $id unless that is null.
// Takes $client_id, $id
MATCH (stream:EventStream) WHERE stream.client_id = $client_id AND ($id IS NULL OR stream.id = $id)
RETURN stream.id AS id, stream.object_types AS object_types, stream.key AS key
