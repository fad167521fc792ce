// The model: users, the three relationships, and the sequence that gives relationships their ids.
CREATE CONSTRAINT user_id IF NOT EXISTS FOR (u:User) REQUIRE u.id IS UNIQUE;
CREATE CONSTRAINT user_username_key IF NOT EXISTS FOR (u:User) REQUIRE u.username_key IS UNIQUE;
// One pair, one edge; also the seek behind you_follow.
CREATE CONSTRAINT follows_pair IF NOT EXISTS FOR ()-[f:FOLLOWS]-() REQUIRE (f.follower_id, f.followee_id) IS UNIQUE;
// A page of followers and a page of following, in index order.
CREATE INDEX follows_followee IF NOT EXISTS FOR ()-[f:FOLLOWS]-() ON (f.followee_id, f.id);
CREATE INDEX follows_follower IF NOT EXISTS FOR ()-[f:FOLLOWS]-() ON (f.follower_id, f.id);
// The seek behind follows_you: a page's seeks fall among the viewer's followers, which lie together here.
CREATE INDEX follows_reverse_pair IF NOT EXISTS FOR ()-[f:FOLLOWS]-() ON (f.followee_id, f.follower_id);
CREATE CONSTRAINT mutes_pair IF NOT EXISTS FOR ()-[m:MUTES]-() REQUIRE (m.muter_id, m.muted_id) IS UNIQUE;
CREATE INDEX mutes_muter IF NOT EXISTS FOR ()-[m:MUTES]-() ON (m.muter_id, m.id);
CREATE CONSTRAINT blocks_pair IF NOT EXISTS FOR ()-[b:BLOCKS]-() REQUIRE (b.blocker_id, b.blocked_id) IS UNIQUE;
CREATE INDEX blocks_blocker IF NOT EXISTS FOR ()-[b:BLOCKS]-() ON (b.blocker_id, b.id);
CREATE CONSTRAINT sequence_name IF NOT EXISTS FOR (s:Sequence) REQUIRE s.name IS UNIQUE;
MERGE (s:Sequence {name: 'relations'}) ON CREATE SET s.value = 0;
