// How many requests to follow were made, became a follow, were refused and were taken back; and the share of the answered ones that became a follow.
// Cost: reads the log, which goes back as far as events are kept (a week, a million events).
// Example: made 120, followed 80, refused 20, taken_back 5, rate 0.8
MATCH (l:Log) WHERE l.kinds IS NOT NULL
UNWIND l.kinds AS kind
WITH count(CASE WHEN kind = 'request' THEN 1 END) AS made, count(CASE WHEN kind = 'request-followed' THEN 1 END) AS followed,
  count(CASE WHEN kind = 'request-refused' THEN 1 END) AS refused, count(CASE WHEN kind = 'unrequest' THEN 1 END) AS taken_back
RETURN made, followed, refused, taken_back, CASE WHEN followed + refused > 0 THEN toFloat(followed) / (followed + refused) END AS rate;
