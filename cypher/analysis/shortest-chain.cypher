// A shortest chain of follows from one user to another; no row if there is none.
// Cost: searches from both ends, usually some thousand follows. Change the two ids.
// Example: steps 3, chain [1, 88, 7, 2]
MATCH p = SHORTEST 1 (:User {id: 1})-[:FOLLOWS]->+(:User {id: 2})
RETURN length(p) AS steps, [n IN nodes(p) | n.id] AS chain;
