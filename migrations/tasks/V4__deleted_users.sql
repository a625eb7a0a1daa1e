-- Users whom auth-service has deleted, for as long as tokens of theirs may be out. Run as tasks_owner.

CREATE TABLE deleted_users (
    user_id       text        NOT NULL,
    -- When their tokens have expired. Until then requests of theirs are refused; then their tasks are deleted once more,
    -- because a request that was in flight may have added one, and the row goes.
    refused_until timestamptz NOT NULL,
    CONSTRAINT deleted_users_pkey PRIMARY KEY (user_id)
);

-- No policy: the service reads the whole table, and it has nothing but the ids of users who are gone.
GRANT SELECT, INSERT, UPDATE, DELETE ON deleted_users TO tasks_service;

-- The count of a user who is gone goes too, and never one that counts something: without its row, the quota of a user
-- would begin anew. The policy of migration V2 binds this to the user of the transaction.
CREATE POLICY task_counts_delete_empty ON task_counts AS RESTRICTIVE FOR DELETE USING (tasks = 0);
GRANT DELETE ON task_counts TO tasks_service;
