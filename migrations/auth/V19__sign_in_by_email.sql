-- Links and codes in mail that sign in. Runs as auth_owner.

CREATE TABLE magic_links (
    -- SHA-256 of the token in the link.
    token_hash       bytea       NOT NULL,
    -- Names the link in the cookie of the browser that requested it. Does not sign in anybody.
    id               uuid        NOT NULL,
    email            text        NOT NULL,
    -- The user who had the email when the link was created, and the epoch of their credential. Null: nobody had it.
    user_id          text,
    credential_epoch bigint,
    -- The name of the user that the link creates.
    name             text,
    expires_at       timestamptz NOT NULL,
    CONSTRAINT magic_links_pkey PRIMARY KEY (token_hash),
    CONSTRAINT magic_links_token_hash_length CHECK (octet_length(token_hash) = 32),
    CONSTRAINT magic_links_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT magic_links_user CHECK ((user_id IS NULL) = (credential_epoch IS NULL))
);

-- For the cascade of a deleted user.
CREATE INDEX magic_links_user_id_idx ON magic_links (user_id) WHERE user_id IS NOT NULL;
-- For deleting those that have expired.
CREATE INDEX magic_links_expires_at_idx ON magic_links (expires_at);

CREATE TABLE email_codes (
    -- HMAC-SHA-256 of the purpose and the email: only the newest code of each is valid.
    subject          bytea       NOT NULL,
    -- HMAC-SHA-256 of the same and the code. Six digits under a plain hash could be read.
    code             bytea       NOT NULL,
    guesses          integer     NOT NULL DEFAULT 0,
    -- The user who had the email when the code was created, and the epoch of their credential. Null: nobody had it.
    user_id          text,
    credential_epoch bigint,
    -- The session that requested it, for a change of email.
    session_id       uuid,
    expires_at       timestamptz NOT NULL,
    CONSTRAINT email_codes_pkey PRIMARY KEY (subject),
    CONSTRAINT email_codes_subject_length CHECK (octet_length(subject) = 32),
    CONSTRAINT email_codes_code_length CHECK (octet_length(code) = 32),
    CONSTRAINT email_codes_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT email_codes_session_fkey FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT email_codes_user CHECK ((user_id IS NULL) = (credential_epoch IS NULL))
);

-- For the cascades of a deleted user and of a session that ends.
CREATE INDEX email_codes_user_id_idx ON email_codes (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX email_codes_session_id_idx ON email_codes (session_id) WHERE session_id IS NOT NULL;
-- For deleting those that have expired.
CREATE INDEX email_codes_expires_at_idx ON email_codes (expires_at);

-- UPDATE: to lock those that are deleted, and to count guesses.
GRANT SELECT, INSERT, UPDATE, DELETE ON magic_links, email_codes TO auth_service;
