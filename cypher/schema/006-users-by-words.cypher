// Users are found by the words of their usernames and names; how well followed they are, roughly, orders what is found.
// Users of an earlier release get their words by the service, as it runs: Cypher cannot take accents off.
CREATE FULLTEXT INDEX user_search IF NOT EXISTS FOR (u:User) ON EACH [u.search_words, u.search_rank]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: false}};
