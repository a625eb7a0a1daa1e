INSERT INTO status_lists (number, created_at) VALUES (1, now());
INSERT INTO status_indexes (idx, revoked_in, clears_at, free_at) VALUES
    (0, NULL, NULL, NULL),
    (1, 700, now() + interval '15 minutes', now() + interval '30 minutes');
UPDATE sessions SET status_index = 0 WHERE id = '01900000-0000-7000-8000-000000000001';
