// A shortest chain of follows from one user to another; no row where there is none.
// Cost: searches from both ends, as a rule some thousand follows. Change the two ids.
// Example: steps 3, chain [1, 88, 7, 2]
MATCH p = SHORTEST 1 (:User {id: 1})-[:FOLLOWS]->+(:User {id: 2})
RETURN length(p) AS steps, [n IN nodes(p) | n.id] AS chain;
