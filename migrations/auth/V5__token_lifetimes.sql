-- How long the tokens live that may still be out. Runs as auth_owner.

-- JWT_TTL can be lowered, and replicas can differ while they are replaced: what has to outlive the last token of a key
-- or of a session goes by the longest life that was in use lately.
CREATE TABLE token_lifetimes (
    seconds   bigint      NOT NULL,
    -- When a replica last said that its tokens live so long.
    last_seen timestamptz NOT NULL,
    CONSTRAINT token_lifetimes_pkey PRIMARY KEY (seconds),
    CONSTRAINT token_lifetimes_seconds_positive CHECK (seconds > 0)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON token_lifetimes TO auth_service;
