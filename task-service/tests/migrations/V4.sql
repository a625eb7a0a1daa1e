INSERT INTO deleted_users (user_id, refused_until) VALUES ('gone', '2026-11-30T12:15:00Z');
