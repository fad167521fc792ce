// Stores the position up to which a stream was sent; it only grows. With $leaving the connection has ended.
// Takes $id, $connection, $place, $leaving
// Logged: no event
MATCH (stream:EventStream {id: $id})
SET stream.place = CASE WHEN stream.place < $place THEN $place ELSE stream.place END,
  stream.connection = CASE WHEN $leaving AND stream.connection = $connection THEN null ELSE stream.connection END
RETURN stream.place AS place
