-- What was checked must still hold when it is acted on. Runs as auth_owner.

-- Raised whenever a password is set, reset or changed (not when its hash is renewed). Whoever acts on a password, a
-- device mark or a link compares the epoch it was checked under, in the statement that writes and with this row locked.
ALTER TABLE users ADD COLUMN credential_epoch bigint NOT NULL DEFAULT 0;

-- Links that change an account belong to a session from here on. Those that do not are void; they lived for an hour.
DELETE FROM verifications WHERE purpose IN ('confirm-email-change', 'change-email', 'delete-user');

ALTER TABLE verifications
    -- The user's epoch when the link was created. Under another one, the link means nothing.
    ADD COLUMN credential_epoch bigint NOT NULL DEFAULT 0,
    -- The session that asked for the link. However that session ends, the link goes with it.
    ADD COLUMN session_id uuid,
    ADD CONSTRAINT verifications_session_fkey FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    ADD CONSTRAINT verifications_session CHECK (
        (session_id IS NOT NULL) = (purpose IN ('confirm-email-change', 'change-email', 'delete-user'))
    );

-- For the cascade of a session that ends.
CREATE INDEX verifications_session_id_idx ON verifications (session_id) WHERE session_id IS NOT NULL;
