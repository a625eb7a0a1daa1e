-- Second factors: authenticator apps, backup codes, codes by mail, trusted devices, and sign-ins that wait for them. Runs as
-- auth_owner.

ALTER TABLE users
    -- Whether a sign-in asks for a second factor.
    ADD COLUMN two_factor boolean NOT NULL DEFAULT false,
    -- Whether the password was last set by a link or a code in a mail. Then a code in a mail is no second factor: whoever
    -- reads the mailbox has both.
    ADD COLUMN password_from_mail boolean NOT NULL DEFAULT false;

-- Null: the user proved one factor.
ALTER TABLE sessions ADD COLUMN second_factor text;

CREATE TABLE second_factors (
    user_id        text        NOT NULL,
    -- The key of the authenticator app, and the key that hashes backup codes: encrypted like private keys are, and bound to
    -- the user.
    secret         bytea       NOT NULL,
    -- Whether the authenticator app has proven its key with a code. Null: the user has no authenticator app.
    totp_confirmed boolean,
    -- The time step of the last code that was accepted: codes of this step and of earlier ones are used up.
    last_step      bigint,
    created_at     timestamptz NOT NULL,
    CONSTRAINT second_factors_pkey PRIMARY KEY (user_id),
    CONSTRAINT second_factors_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE backup_codes (
    user_id   text  NOT NULL,
    -- HMAC-SHA-256 of the code with the key of the user.
    code_hash bytea NOT NULL,
    CONSTRAINT backup_codes_pkey PRIMARY KEY (user_id, code_hash),
    CONSTRAINT backup_codes_user_fkey FOREIGN KEY (user_id) REFERENCES second_factors (user_id) ON DELETE CASCADE,
    CONSTRAINT backup_codes_code_hash_length CHECK (octet_length(code_hash) = 32)
);

CREATE TABLE two_factor_challenges (
    -- SHA-256 of the token in the cookie.
    token_hash       bytea       NOT NULL,
    user_id          text        NOT NULL,
    -- The challenge is void in another epoch.
    credential_epoch bigint      NOT NULL,
    -- How the first factor was proven, as in sessions.authenticated_by.
    first_factor     text        NOT NULL,
    -- Whether a code by mail is another factor than the first one.
    mail_allowed     boolean     NOT NULL,
    -- Whether the session will outlive the browser.
    remembered       boolean     NOT NULL,
    -- How many codes were compared.
    guesses          integer     NOT NULL DEFAULT 0,
    expires_at       timestamptz NOT NULL,
    CONSTRAINT two_factor_challenges_pkey PRIMARY KEY (token_hash),
    CONSTRAINT two_factor_challenges_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT two_factor_challenges_token_hash_length CHECK (octet_length(token_hash) = 32)
);

-- For the cascade of a deleted user.
CREATE INDEX two_factor_challenges_user_id_idx ON two_factor_challenges (user_id);
-- For deleting those that have expired.
CREATE INDEX two_factor_challenges_expires_at_idx ON two_factor_challenges (expires_at);

CREATE TABLE second_factor_mail_codes (
    -- SHA-256 of the challenge's token, or of the session that asked for the code.
    holder     bytea       NOT NULL,
    user_id    text        NOT NULL,
    -- HMAC-SHA-256 of the code, with a key that the database does not have.
    code_hash  bytea       NOT NULL,
    guesses    integer     NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    CONSTRAINT second_factor_mail_codes_pkey PRIMARY KEY (holder),
    CONSTRAINT second_factor_mail_codes_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT second_factor_mail_codes_holder_length CHECK (octet_length(holder) = 32)
);

CREATE INDEX second_factor_mail_codes_user_id_idx ON second_factor_mail_codes (user_id);
CREATE INDEX second_factor_mail_codes_expires_at_idx ON second_factor_mail_codes (expires_at);

CREATE TABLE trusted_devices (
    id               uuid        NOT NULL,
    user_id          text        NOT NULL,
    -- SHA-256 of the token in the cookie.
    token_hash       bytea       NOT NULL,
    -- The trust is void in another epoch.
    credential_epoch bigint      NOT NULL,
    created_at       timestamptz NOT NULL,
    last_used_at     timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    -- Of the sign-in that the device was trusted with. Empty: unknown.
    ip_address       text        NOT NULL,
    user_agent       text        NOT NULL,
    CONSTRAINT trusted_devices_pkey PRIMARY KEY (id),
    CONSTRAINT trusted_devices_token_hash_key UNIQUE (token_hash),
    CONSTRAINT trusted_devices_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT trusted_devices_token_hash_length CHECK (octet_length(token_hash) = 32)
);

CREATE INDEX trusted_devices_user_id_idx ON trusted_devices (user_id);
CREATE INDEX trusted_devices_expires_at_idx ON trusted_devices (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors TO auth_service;
GRANT SELECT, INSERT, DELETE ON backup_codes TO auth_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON two_factor_challenges TO auth_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factor_mail_codes TO auth_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON trusted_devices TO auth_service;
