// How many users a message of one user reaches within one, two and three steps, if every follower passes it on.
// Cost: every reached user once per step, up to the whole graph. Change the id.
// Example: one 64, two 85, three 86
MATCH (a:User {id: 1})
OPTIONAL MATCH (a)<-[:FOLLOWS]-(b:User)
WITH a, collect(DISTINCT b) AS first
CALL (first) { UNWIND first AS b MATCH (b)<-[:FOLLOWS]-(c:User) RETURN collect(DISTINCT c) AS second }
CALL (second) { UNWIND second AS c MATCH (c)<-[:FOLLOWS]-(d:User) RETURN collect(DISTINCT d) AS third }
CALL (a, first, second) { UNWIND first + second AS u WITH a, u WHERE u <> a RETURN count(DISTINCT u) AS two }
CALL (a, first, second, third) { UNWIND first + second + third AS u WITH a, u WHERE u <> a RETURN count(DISTINCT u) AS three }
RETURN size(first) AS one, two, three;
