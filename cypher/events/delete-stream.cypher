// Deletes a stream of an app; its connection ends.
// Takes $client_id, $id
// Logged: stream-taken, which is not an event
MATCH (stream:EventStream {id: $id}) WHERE stream.client_id = $client_id
WITH stream, stream.object_types AS object_types, stream.key AS key
DELETE stream
RETURN $id AS id, object_types, key, [['stream-taken', $id, 0, 0]] AS events, '' AS about
