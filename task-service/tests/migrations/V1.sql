INSERT INTO tasks (user_id, id, title, description, is_completed, priority, due_date, created_at, updated_at)
SELECT user_id, gen_random_uuid(), 'Task ' || number, CASE WHEN number > 1 THEN 'described' END, number > 2, 'low',
    CASE WHEN number > 3 THEN now() END, now() - interval '1 year', now()
FROM unnest(ARRAY['alice', 'bob']) AS user_id, generate_series(1, 4) AS number;
