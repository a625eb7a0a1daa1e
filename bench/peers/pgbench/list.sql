-- List 50 tasks: the statements that task-service sends.
--
-- Each client has a user of its own; "{users}" is replaced by an array of their ids.
\if :chosen = 0
SELECT ({users})[:client_id % {count} + 1] AS owner \gset
\set chosen 1
\endif
\startpipeline
SELECT set_config('app.user_id', :owner, true), set_config('statement_timeout', '3000ms', true),
    set_config('plan_cache_mode', 'force_generic_plan', true),
    set_config('max_parallel_workers_per_gather', '0', true);
SELECT id, user_id, title, description, is_completed, priority, due_date, created_at, updated_at FROM tasks
    WHERE user_id = :owner AND id < 'ffffffff-ffff-ffff-ffff-ffffffffffff' AND (NULL::bool IS NULL OR
    is_completed = NULL) AND (NULL::text IS NULL OR priority = NULL) AND (NULL::text IS NULL OR
    strpos(lower(title), lower(NULL)) > 0 OR strpos(lower(description), lower(NULL)) > 0) ORDER BY id DESC
    LIMIT 51;
\endpipeline
