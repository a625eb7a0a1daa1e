-- Links that are sent by e-mail, and the mail that waits to be sent.

CREATE TABLE verifications (
    -- SHA-256 of the token in the link: who reads this table cannot follow one.
    token_hash bytea       NOT NULL,
    purpose    text        NOT NULL,
    user_id    text        NOT NULL,
    -- The account's address when the link was made. With another address by now, the link means nothing.
    email      text        NOT NULL,
    -- The address the account is to have.
    new_email  text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- Set by the one request that the link was good for. The row stays a while, so that a second click is told why.
    used_at    timestamptz,
    CONSTRAINT verifications_pkey PRIMARY KEY (token_hash),
    CONSTRAINT verifications_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT verifications_token_hash_length CHECK (octet_length(token_hash) = 32),
    CONSTRAINT verifications_purpose_known CHECK (
        purpose IN ('reset-password', 'verify-email', 'confirm-email-change', 'change-email', 'delete-user')
    ),
    CONSTRAINT verifications_new_email CHECK (
        (new_email IS NOT NULL) = (purpose IN ('confirm-email-change', 'change-email'))
    )
);

-- For the cascade of a deleted user, and for making a user's other links void.
CREATE INDEX verifications_user_id_idx ON verifications (user_id);

CREATE TABLE outbox (
    id              uuid        NOT NULL,
    -- Recipient and text, encrypted like private keys are: the links in it are as good as passwords.
    sealed          bytea       NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    -- When its link is dead, and nobody is helped by the mail any more.
    expires_at      timestamptz NOT NULL,
    CONSTRAINT outbox_pkey PRIMARY KEY (id)
);

CREATE INDEX outbox_next_attempt_at_idx ON outbox (next_attempt_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON verifications, outbox TO auth_service;
