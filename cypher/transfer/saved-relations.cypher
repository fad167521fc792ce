// Every relationship between two users as it is now, in one list, for test suites that restore this state later.
MATCH (from:User|Gone)-[r]->(to:User|Gone)
RETURN collect([elementId(r), type(r), from.id, to.id, properties(r)]) AS relations
