-- Accounts, their passwords and sessions, and the keys that sign tokens.
-- Runs as auth_owner; auth_service, which serves requests, gets no more than it uses.

CREATE TABLE users (
    -- Text, not uuid: imported accounts keep the ids they have. `me` and `auth` mean something in paths.
    id             text        NOT NULL,
    name           text        NOT NULL,
    -- Always lower case, so that plain uniqueness ignores case and a look-up uses the index.
    email          text        NOT NULL,
    email_verified boolean     NOT NULL,
    image          text,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_id_shape CHECK (id ~ '^[A-Za-z0-9_-]{1,64}$' AND id NOT IN ('me', 'auth')),
    CONSTRAINT users_email_key UNIQUE (email),
    CONSTRAINT users_email_lower_case CHECK (email = lower(email)),
    CONSTRAINT users_email_length CHECK (char_length(email) <= 254)
);

CREATE TABLE passwords (
    user_id    text        NOT NULL,
    hash       text        NOT NULL,
    -- The rule that made the hash: the same text can mean different passwords under different rules.
    scheme     text        NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT passwords_pkey PRIMARY KEY (user_id),
    CONSTRAINT passwords_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT passwords_scheme_known CHECK (scheme IN ('bcrypt', 'bcrypt-hmac-sha384'))
);

CREATE TABLE sessions (
    id         uuid        NOT NULL,
    user_id    text        NOT NULL,
    -- SHA-256 of the token: who reads this table cannot become anybody.
    token_hash bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- false: ends with the browser, and is never extended.
    remembered boolean     NOT NULL,
    ip_address text        NOT NULL,
    user_agent text        NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
    CONSTRAINT sessions_token_hash_length CHECK (octet_length(token_hash) = 32)
);

-- For the cascade of a deleted user, and for listing a user's sessions.
CREATE INDEX sessions_user_id_idx ON sessions (user_id);

CREATE TABLE signing_keys (
    kid          text        NOT NULL,
    -- AES-256-GCM under a key the database never sees: nonce, ciphertext and tag of the PKCS#8 form.
    private_key  bytea       NOT NULL,
    status       text        NOT NULL,
    created_at   timestamptz NOT NULL,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (kid),
    CONSTRAINT signing_keys_status_known CHECK (status IN ('active'))
);

-- However many replicas start at once, one key signs.
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (status) WHERE status = 'active';

GRANT SELECT, INSERT, UPDATE, DELETE ON users, passwords, sessions TO auth_service;
GRANT SELECT, INSERT ON signing_keys TO auth_service;
-- To refuse a database that is older than the binary.
GRANT SELECT ON refinery_schema_history TO auth_service;
