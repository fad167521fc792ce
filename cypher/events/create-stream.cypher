// Creates a stream of an app that begins at the end of the log. Fails on a constraint if the app has a stream with this key.
// Takes $client_id, $key, $object_types
// Logged: no event
CREATE (stream:EventStream {id: base + 1, client_id: $client_id, key: $key, object_types: $object_types, place: base + 1,
  created_at: datetime.truncate('second', at)})
RETURN stream.id AS id, stream.object_types AS object_types, stream.key AS key, 1 AS drawn
