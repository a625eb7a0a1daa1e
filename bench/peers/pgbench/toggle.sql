-- Complete a task, or mark it as not done: the statements that task-service sends.
--
-- Each client has a user of its own; "{users}" is replaced by an array of their ids.
\if :chosen = 0
SELECT ({users})[:client_id % {count} + 1] AS owner \gset
\set chosen 1
\endif
\set n random(1000, 4999)
\set done random(0, 1)
\startpipeline
SELECT set_config('app.user_id', :owner, true);
UPDATE tasks SET title = coalesce(NULL, title), description = CASE WHEN false THEN NULL ELSE description
    END, is_completed = coalesce(:done = 1, is_completed), priority = coalesce(NULL, priority), due_date =
    CASE WHEN false THEN NULL ELSE due_date END, updated_at = now() WHERE user_id = :owner AND id =
    ('01900000-0000-7000-8000-00000000' || :n)::uuid RETURNING id, user_id, title, description,
    is_completed, priority, due_date, created_at, updated_at;
\endpipeline
