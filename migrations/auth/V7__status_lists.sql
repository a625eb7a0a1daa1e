-- Which tokens are revoked: a place in a Token Status List for each session. Runs as auth_owner.

-- The lists there are; each has 2^20 places. A new one is published before places of it are given.
CREATE TABLE status_lists (
    number     integer     NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT status_lists_pkey PRIMARY KEY (number),
    CONSTRAINT status_lists_number_not_negative CHECK (number >= 0)
);
INSERT INTO status_lists (number, created_at) VALUES (0, 'epoch');

-- The places that are taken. A row lives from when a session gets the place until the place may be given again: while
-- the session lives `revoked_in` is null, then the bit is set, then it is clear and the place rests.
CREATE TABLE status_indexes (
    -- Over all lists: the list is idx / 2^20, the place in it idx % 2^20.
    idx        bigint NOT NULL,
    -- The transaction that ended the session (pg_current_xact_id): with pg_snapshot_xmin a replica asks for what it
    -- has not seen, and misses nothing that was committed out of order.
    revoked_in bigint,
    -- From then on no token with this place is alive, and the bit is clear.
    clears_at  timestamptz,
    -- From then on nobody can hold a list in which the bit is set.
    free_at    timestamptz,
    CONSTRAINT status_indexes_pkey PRIMARY KEY (idx),
    CONSTRAINT status_indexes_idx_not_negative CHECK (idx >= 0),
    CONSTRAINT status_indexes_in_order CHECK (
        (clears_at IS NULL) = (free_at IS NULL)
        AND (clears_at IS NULL OR (revoked_in IS NOT NULL AND free_at >= clears_at))
    )
);
CREATE INDEX status_indexes_revoked_idx ON status_indexes (revoked_in) WHERE revoked_in IS NOT NULL;

-- Null: the session got none yet, since it is older than this column or came from another system.
ALTER TABLE sessions ADD COLUMN status_index bigint;
-- For sweeping those whose users never come back, so that their places are given again.
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

-- However a session ends (sign-out, revocation, a reset password, a deleted user by its cascade), its tokens are revoked
-- in the same transaction. A trigger, because a statement that forgot it would not be noticed.
CREATE FUNCTION revoke_status_of_ended_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE status_indexes SET revoked_in = pg_current_xact_id()::text::bigint
    FROM ended WHERE idx = ended.status_index;
    RETURN NULL;
END
$$;
CREATE TRIGGER sessions_revoke_status AFTER DELETE ON sessions
    REFERENCING OLD TABLE AS ended FOR EACH STATEMENT EXECUTE FUNCTION revoke_status_of_ended_sessions();

GRANT SELECT, INSERT, UPDATE, DELETE ON status_indexes TO auth_service;
GRANT SELECT, INSERT ON status_lists TO auth_service;
