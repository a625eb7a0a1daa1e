-- The audit log: security events that stay when logs are gone. Runs as auth_owner.

CREATE TABLE audit_events (
    id             uuid        NOT NULL DEFAULT gen_random_uuid(),
    -- By the clock of PostgreSQL, which all replicas share. Of a row that counts refusals: when the first one was.
    occurred_at    timestamptz NOT NULL DEFAULT now(),
    -- Of a row that counts refusals: when the last one was.
    last_at        timestamptz,
    event          text        NOT NULL,
    outcome        text        NOT NULL,
    -- No foreign key: what happened stays when the user, the session or the key is deleted.
    user_id        text,
    session_id     uuid,
    client_address inet,
    user_agent     text,
    request_id     uuid,
    reason         text,
    link           text,
    key_id         text,
    -- How many refusals, sessions or keys.
    count          bigint,
    CONSTRAINT audit_events_pkey PRIMARY KEY (id),
    CONSTRAINT audit_events_outcome_known CHECK (outcome IN ('success', 'refusal'))
);

-- For the events of one user, newest first.
CREATE INDEX audit_events_user_idx ON audit_events (user_id, occurred_at, id) WHERE user_id IS NOT NULL;
-- For all events of a time, and for deleting old ones. Rows are added in the order of time, so that this index stays small.
CREATE INDEX audit_events_occurred_at_idx ON audit_events USING brin (occurred_at);

-- The service adds and reads. Nothing is changed; only the owner deletes, when a retention ends.
GRANT SELECT, INSERT ON audit_events TO auth_service;
