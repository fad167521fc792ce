// Whether the graph has anything but the nodes that the schema creates: then a bulk import must not replace it. The counts come
// from the count store. An id that was drawn counts too, because a client may have stored it.
RETURN COUNT { MATCH (n) } > COUNT { MATCH (m:Migration) } + COUNT { MATCH (l:Log) }
  + COUNT { MATCH (s:Sequence {name: 'relations'}) WHERE s.value = 0 } + COUNT { MATCH (c:Client {client_id: 'follow-graph'}) } AS anything
