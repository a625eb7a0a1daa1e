-- Create a task: the statements that task-service sends.
--
-- Each client has a user of its own; "{users}" is replaced by an array of their ids.
\if :chosen = 0
SELECT ({users})[:client_id % {count} + 1] AS owner \gset
\set chosen 1
\endif
\startpipeline
SELECT set_config('app.user_id', :owner, true), set_config('app.task_quota', '1000000', true);
INSERT INTO tasks (user_id, id, title, description, is_completed, priority, due_date, created_at,
    updated_at) VALUES (:owner, gen_random_uuid(), 'Water the plants', 'Both on the balcony', false,
    'high', NULL, now(), now()) RETURNING id, user_id, title, description, is_completed, priority, due_date,
    created_at, updated_at;
\endpipeline
