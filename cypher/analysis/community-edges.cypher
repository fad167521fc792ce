// How many follows go within and between communities; a community here is a locale, put any property in its place.
// Needs the whole graph: both ends of every follow, 3 s a million follows.
// Example: of de_DE, to en_US, follows 512
MATCH (a:User)-[:FOLLOWS]->(b:User)
RETURN a.locale AS of, b.locale AS to, count(*) AS follows
ORDER BY follows DESC, of, to;
