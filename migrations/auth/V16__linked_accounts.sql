-- Accounts that users have at identity providers, and sign-ins there that are under way. Runs as auth_owner.

CREATE TABLE linked_accounts (
    id                       uuid        NOT NULL,
    user_id                  text        NOT NULL,
    -- The provider's id in SOCIAL_PROVIDERS.
    provider                 text        NOT NULL,
    -- The user's id there.
    subject                  text        NOT NULL,
    scopes                   text[]      NOT NULL,
    -- The tokens of the provider, encrypted like private keys are, and bound to the id.
    tokens                   bytea       NOT NULL,
    -- Null: the provider did not say.
    access_token_expires_at  timestamptz,
    refresh_token_expires_at timestamptz,
    created_at               timestamptz NOT NULL,
    updated_at               timestamptz NOT NULL,
    CONSTRAINT linked_accounts_pkey PRIMARY KEY (id),
    CONSTRAINT linked_accounts_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    -- An account at a provider signs in one user.
    CONSTRAINT linked_accounts_subject_key UNIQUE (provider, subject)
);

-- For the cascade of a deleted user, and for listing a user's accounts.
CREATE INDEX linked_accounts_user_id_idx ON linked_accounts (user_id);

CREATE TABLE authorization_requests (
    -- SHA-256 of the state, which the browser brings back.
    state_hash bytea       NOT NULL,
    -- What the callback needs, with the code verifier: encrypted like private keys are, and bound to the state.
    content    bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT authorization_requests_pkey PRIMARY KEY (state_hash),
    CONSTRAINT authorization_requests_state_hash_length CHECK (octet_length(state_hash) = 32)
);

-- For deleting those that have expired.
CREATE INDEX authorization_requests_expires_at_idx ON authorization_requests (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON linked_accounts TO auth_service;
-- UPDATE: to lock those that are deleted.
GRANT SELECT, INSERT, UPDATE, DELETE ON authorization_requests TO auth_service;
