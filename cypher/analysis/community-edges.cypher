// How many follows go within and between communities; a community here is a locale, which can be replaced by any other property.
// Needs the whole graph: both ends of every follow, 3 s per million follows.
// Example: of de_DE, to en_US, follows 512
MATCH (a:User)-[:FOLLOWS]->(b:User)
RETURN a.locale AS of, b.locale AS to, count(*) AS follows
ORDER BY follows DESC, of, to;
