-- Tasks, and the wall that keeps one user's apart from another's.
--
-- Run as tasks_owner, which owns the table. The service is tasks_service: it may read and write rows, and nothing
-- else. Both roles are made by migrations/databases.sql.

CREATE TABLE tasks (
    -- From the token. Users live in another database, so there is nothing to refer to; but what never can be a
    -- user's id is refused. In particular it is never empty: an empty setting must match no row.
    user_id text NOT NULL
        CONSTRAINT tasks_user_id_check CHECK (user_id ~ '^[A-Za-z0-9_-]{1,64}$' AND user_id NOT IN ('me', 'auth')),
    -- UUIDv7: sorts by the time it was made, so the primary key also serves the list, newest first.
    id uuid NOT NULL,
    title text NOT NULL
        CONSTRAINT tasks_title_check CHECK (char_length(title) BETWEEN 1 AND 200),
    description text
        CONSTRAINT tasks_description_check CHECK (char_length(description) <= 1000),
    is_completed boolean NOT NULL,
    -- Text with a check, not an enum: comparing enums is not leakproof, so no index could serve it behind a policy.
    priority text NOT NULL
        CONSTRAINT tasks_priority_check CHECK (priority IN ('low', 'medium', 'high')),
    due_date timestamptz,
    -- The service's clock sets these two, so that a test can stand at any moment it likes.
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- The user comes first: every statement names one, and its rows lie side by side.
    CONSTRAINT tasks_pkey PRIMARY KEY (user_id, id)
);

-- FORCE: the owner, too, sees nothing without an identity. A migration that has to touch rows switches it off and on
-- again in its transaction.
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE tasks FORCE ROW LEVEL SECURITY;

-- The identity belongs to the transaction: set_config('app.user_id', ..., true). After such a transaction the setting
-- is empty rather than unset, hence the nullif: without an identity the comparison is with NULL and no row matches.
CREATE POLICY tasks_owner_only ON tasks
    USING (user_id = nullif(current_setting('app.user_id', true), ''))
    WITH CHECK (user_id = nullif(current_setting('app.user_id', true), ''));

-- No TRUNCATE: policies do not hold it back.
GRANT SELECT, INSERT, UPDATE, DELETE ON tasks TO tasks_service;

-- The service looks at start whether the schema is as new as itself.
GRANT SELECT ON refinery_schema_history TO tasks_service;
