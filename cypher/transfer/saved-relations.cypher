// Every relationship between two users as it is, in one list, for test suites that go back to it.
MATCH (from:User|Gone)-[r]->(to:User|Gone)
RETURN collect([elementId(r), type(r), from.id, to.id, properties(r)]) AS relations
