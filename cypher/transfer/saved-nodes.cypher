// Every user, token, client, stream and webhook as it is now, in one list, for test suites that restore this state later.
MATCH (n:User|Gone|Token|Client|EventStream|Webhook)
RETURN collect([elementId(n), labels(n), properties(n)]) AS nodes
