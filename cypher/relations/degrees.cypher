// How many relations a user has of each kind, and how many users the viewer follows; read from the degree store. No row if there is no such user.
// Takes $user_id, $viewer_id
MATCH (user:User {id: $user_id})
OPTIONAL MATCH (viewer:User {id: $viewer_id})
RETURN COUNT { (user)-[:FOLLOWS]->() } AS following, COUNT { (user)<-[:FOLLOWS]-() } AS followers,
  COUNT { (user)-[:MUTES]->() } AS muted, COUNT { (user)-[:BLOCKS]->() } AS blocked,
  COUNT { (viewer)-[:FOLLOWS]->() } AS followed_by_viewer, COUNT { (user)<-[:REQUESTS]-() } AS requests,
  COUNT { (user)-[:REQUESTS]->() } AS requests_sent, user.hides_lists = true AS hidden
