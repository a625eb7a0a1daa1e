-- How many tasks each user has, kept by the table itself, so that a quota costs no count(*).
--
-- The service sets app.task_quota in the transactions that it sends, as it sets app.user_id. Without it, as for an
-- operator or a service of an older version, tasks are counted and nothing is refused.

CREATE TABLE task_counts (
    user_id text NOT NULL,
    -- Of rows in tasks.
    tasks bigint NOT NULL
        CONSTRAINT task_counts_tasks_check CHECK (tasks >= 0),
    CONSTRAINT task_counts_pkey PRIMARY KEY (user_id)
)
-- Each create and each delete updates a row: with room on its page the update touches no index.
WITH (fillfactor = 50);

-- The count of what is there already. Switching FORCE off lets the owner see the rows; it also keeps everybody else
-- away from the table until this migration commits, so none is missed.
DO $$
BEGIN
    ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY;
    INSERT INTO task_counts (user_id, tasks) SELECT user_id, count(*) FROM tasks GROUP BY user_id;
    ALTER TABLE tasks FORCE ROW LEVEL SECURITY;
END
$$;

ALTER TABLE task_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_counts FORCE ROW LEVEL SECURITY;

CREATE POLICY task_counts_owner_only ON task_counts
    USING (user_id = nullif(current_setting('app.user_id', true), ''))
    WITH CHECK (user_id = nullif(current_setting('app.user_id', true), ''));

-- The triggers run as the role that changes the tasks, so that policies bind them to its user, and an operator who is
-- not bound can change tasks of many. No DELETE: a user without tasks has a count of 0.
GRANT SELECT, INSERT, UPDATE ON task_counts TO tasks_service;

-- Once a statement, not once a row: a statement that inserts many rows updates each user's count once.
--
-- The count is updated before it is compared, and the row stays locked until the transaction ends. So two inserts
-- of one user never both see the last free place.
CREATE FUNCTION count_inserted_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    quota constant bigint := nullif(current_setting('app.task_quota', true), '');
    highest bigint;
BEGIN
    WITH counted AS (
        INSERT INTO task_counts AS counts (user_id, tasks)
        SELECT user_id, count(*) FROM inserted GROUP BY user_id ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET tasks = counts.tasks + excluded.tasks
        RETURNING tasks
    )
    SELECT max(tasks) INTO highest FROM counted;
    IF highest > quota THEN
        RAISE EXCEPTION 'a user may have % tasks', quota
            USING ERRCODE = 'check_violation', TABLE = 'tasks', CONSTRAINT = 'tasks_quota';
    END IF;
    RETURN NULL;
END
$$;

-- Never below 0: a count that is wrong, as after triggers were disabled by hand, must keep nobody from deleting.
CREATE FUNCTION count_deleted_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE task_counts AS counts SET tasks = greatest(counts.tasks - gone.tasks, 0)
    FROM (SELECT user_id, count(*) AS tasks FROM deleted GROUP BY user_id) AS gone
    WHERE counts.user_id = gone.user_id;
    RETURN NULL;
END
$$;

-- A task that changes hands is deleted for one user and inserted for the other. Only an operator can do that.
CREATE FUNCTION count_moved_task() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE task_counts SET tasks = greatest(tasks - 1, 0) WHERE user_id = OLD.user_id;
    INSERT INTO task_counts AS counts (user_id, tasks) VALUES (NEW.user_id, 1)
    ON CONFLICT (user_id) DO UPDATE SET tasks = counts.tasks + 1;
    RETURN NULL;
END
$$;

CREATE FUNCTION count_no_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE task_counts;
    RETURN NULL;
END
$$;

CREATE TRIGGER tasks_inserted AFTER INSERT ON tasks REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION count_inserted_tasks();
CREATE TRIGGER tasks_deleted AFTER DELETE ON tasks REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_tasks();
CREATE TRIGGER tasks_moved AFTER UPDATE OF user_id ON tasks
    FOR EACH ROW WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id) EXECUTE FUNCTION count_moved_task();
CREATE TRIGGER tasks_truncated AFTER TRUNCATE ON tasks
    FOR EACH STATEMENT EXECUTE FUNCTION count_no_tasks();
