// Whether the graph holds anything beside what the schema itself puts there: then the loader may not replace it. Numbers that
// the database keeps, no walk.
RETURN COUNT { MATCH (n) } > COUNT { MATCH (m:Migration) } + COUNT { MATCH (s:Sequence {name: 'relations'}) WHERE s.value = 0 }
  + COUNT { MATCH (c:Client {client_id: 'follow-graph'}) } AS anything
