// Moves that are not finished, and who has moved to a user. Both indexes hold only the few users that have the property.
CREATE INDEX user_moving_to IF NOT EXISTS FOR (u:User) ON (u.moving_to);
CREATE INDEX user_moved_to IF NOT EXISTS FOR (u:User) ON (u.moved_to);
