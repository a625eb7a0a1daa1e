-- What is counted over all replicas: attempts that must be few. Runs as auth_owner.

-- UNLOGGED: a count lives for minutes and every sign-in writes some. So none costs a flush to the disk or traffic to
-- standbys. After a crash or a failover the table is empty, and the counts begin anew.
CREATE UNLOGGED TABLE limits (
    -- HMAC-SHA-256 of what is counted: who reads this learns no address, of a machine or a person.
    key     bytea       NOT NULL,
    count   integer     NOT NULL,
    -- When the count is over and begins anew.
    ends_at timestamptz NOT NULL,
    CONSTRAINT limits_pkey PRIMARY KEY (key),
    CONSTRAINT limits_key_length CHECK (octet_length(key) = 32),
    CONSTRAINT limits_count_not_negative CHECK (count >= 0)
-- Room in each page for the new version of a row. No index holds `count` or `ends_at`, so an update touches no index.
) WITH (fillfactor = 50);

GRANT SELECT, INSERT, UPDATE, DELETE ON limits TO auth_service;
