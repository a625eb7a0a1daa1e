INSERT INTO limits (key, count, ends_at) VALUES (sha256('somebody'), 3, now() + interval '15 minutes');
