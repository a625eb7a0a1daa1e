-- The triggers count this one.
INSERT INTO tasks (user_id, id, title, is_completed, priority, created_at, updated_at)
VALUES ('carol', gen_random_uuid(), 'Counted', false, 'high', now(), now());
