-- Events for other services: an outbox of webhooks. Runs as auth_owner.

CREATE TABLE webhook_deliveries (
    -- Who receives it: `environment` is the receiver of WEBHOOK_URL.
    receiver        text        NOT NULL,
    -- The order of the events of a user. They change the row of the user, so they cannot overtake each other.
    sequence        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    -- The same in every attempt, so that the receiver recognizes a duplicate.
    event_id        uuid        NOT NULL DEFAULT gen_random_uuid(),
    event           text        NOT NULL,
    -- No foreign key: it may be the event that the user was deleted.
    user_id         text        NOT NULL,
    data            jsonb       NOT NULL,
    -- By the clock of PostgreSQL, which all replicas share.
    occurred_at     timestamptz NOT NULL DEFAULT now(),
    attempts        integer     NOT NULL DEFAULT 0,
    -- Null: at once.
    next_attempt_at timestamptz,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (receiver, sequence)
);
-- For the first event of each user.
CREATE INDEX webhook_deliveries_user_idx ON webhook_deliveries (receiver, user_id, sequence);

-- However a user is deleted, other services learn of it: the event is stored in the same transaction. A trigger, because
-- a statement that forgot it would not be noticed. Tokens that are out expire after the longest life that was in use
-- lately; without a known one, after a day.
CREATE FUNCTION announce_deleted_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_deliveries (receiver, event, user_id, data)
    SELECT 'environment', 'user.deleted', gone.id, jsonb_build_object(
        'user_id', gone.id,
        'tokens_expire_at', to_char(
            (now() + coalesce((SELECT max(seconds) FROM token_lifetimes), 86400) * interval '1 second')
            AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    FROM gone ORDER BY gone.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_announce_deletion AFTER DELETE ON users
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION announce_deleted_users();

GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries TO auth_service;
