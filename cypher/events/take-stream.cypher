// Connects to a stream; an older connection ends. With $purge the stream continues at the end of the log.
// Takes $client_id, $id, $connection, $purge
// `taken_at` is the ordinal of the entry.
// Logged: stream-taken, which is not an event; `about` is the name of the new connection.
MATCH (stream:EventStream {id: $id}) WHERE stream.client_id = $client_id
WITH stream, stream.connection IS NOT NULL AS was_connected
SET stream.connection = $connection, stream.place = CASE WHEN $purge THEN base ELSE stream.place END
RETURN stream.place AS place, stream.object_types AS object_types, was_connected, coalesce(sequence.ordinal, 0) + 1 AS taken_at, [['stream-taken', $id, 0, 0]] AS events, $connection AS about
