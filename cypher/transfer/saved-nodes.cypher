// Every user, token, client, stream and webhook as it is, in one list, for test suites that go back to it.
MATCH (n:User|Gone|Token|Client|EventStream|Webhook)
RETURN collect([elementId(n), labels(n), properties(n)]) AS nodes
