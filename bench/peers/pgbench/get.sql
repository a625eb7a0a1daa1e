-- Get one task: the statements that task-service sends.
--
-- Each client has a user of its own; "{users}" is replaced by an array of their ids.
\if :chosen = 0
SELECT ({users})[:client_id % {count} + 1] AS owner \gset
\set chosen 1
\endif
\set n random(1000, 4999)
\startpipeline
SELECT set_config('app.user_id', :owner, true);
SELECT id, user_id, title, description, is_completed, priority, due_date, created_at, updated_at FROM tasks
    WHERE user_id = :owner AND id = ('01900000-0000-7000-8000-00000000' || :n)::uuid;
\endpipeline
