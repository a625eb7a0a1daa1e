-- Sign-ups whose email address is not verified yet, where that comes first. Runs as auth_owner.

-- Several may have one address: only whoever reads its mail completes one, and by that deletes the others. None of them
-- is a user, so none keeps its address from anybody.
CREATE TABLE sign_ups (
    -- The id of the user that this becomes.
    id         text        NOT NULL,
    email      text        NOT NULL,
    name       text        NOT NULL,
    image      text,
    hash       text        NOT NULL,
    scheme     text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT sign_ups_pkey PRIMARY KEY (id),
    CONSTRAINT sign_ups_id_shape CHECK (id ~ '^[A-Za-z0-9_-]{1,64}$' AND id NOT IN ('me', 'auth')),
    CONSTRAINT sign_ups_email_lower_case CHECK (email = lower(email)),
    CONSTRAINT sign_ups_email_length CHECK (char_length(email) <= 254),
    CONSTRAINT sign_ups_scheme_known CHECK (scheme IN ('bcrypt', 'bcrypt-hmac-sha384'))
);

CREATE INDEX sign_ups_email_idx ON sign_ups (email, created_at);
CREATE INDEX sign_ups_expires_at_idx ON sign_ups (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON sign_ups TO auth_service;

-- A link is about a user, or about a sign-up.
ALTER TABLE verifications
    ALTER COLUMN user_id DROP NOT NULL,
    ADD COLUMN sign_up_id text,
    ADD CONSTRAINT verifications_sign_up_fkey FOREIGN KEY (sign_up_id) REFERENCES sign_ups (id) ON DELETE CASCADE,
    DROP CONSTRAINT verifications_purpose_known,
    ADD CONSTRAINT verifications_purpose_known CHECK (
        purpose IN ('reset-password', 'verify-email', 'confirm-email-change', 'change-email', 'delete-user',
                    'complete-sign-up')
    ),
    ADD CONSTRAINT verifications_subject CHECK (
        (user_id IS NULL) <> (sign_up_id IS NULL)
        AND (sign_up_id IS NOT NULL) = (purpose = 'complete-sign-up')
    );

-- For the cascade of a sign-up that is completed, superseded or expired.
CREATE INDEX verifications_sign_up_id_idx ON verifications (sign_up_id) WHERE sign_up_id IS NOT NULL;
