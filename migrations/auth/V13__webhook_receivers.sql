-- Receivers of webhooks that the operator registers, and the events that they get. Runs as auth_owner.

CREATE TABLE webhook_receivers (
    -- As text, it is `receiver` in webhook_deliveries. No foreign key there: `environment` has no row here.
    id            uuid        NOT NULL,
    url           text        NOT NULL,
    events        text[]      NOT NULL,
    -- Signs its events. Encrypted like private keys are, and bound to the id.
    sealed_secret bytea       NOT NULL,
    -- Whether the URL may be http, and lead to addresses that are not public.
    allow_private boolean     NOT NULL,
    created_at    timestamptz NOT NULL,
    CONSTRAINT webhook_receivers_pkey PRIMARY KEY (id),
    CONSTRAINT webhook_receivers_events_some CHECK (cardinality(events) > 0),
    CONSTRAINT webhook_receivers_events_known CHECK (events <@ ARRAY[
        'user.created', 'user.verified', 'user.changed', 'user.banned', 'user.unbanned', 'user.deleted', 'session.ended'
    ])
);

-- The events below are stored in the transactions that cause them, like user.deleted (V12). Where nobody has registered,
-- a trigger looks at an empty table and does nothing else.

CREATE FUNCTION announce_created_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM webhook_receivers) THEN
        RETURN NULL;
    END IF;
    INSERT INTO webhook_deliveries (receiver, event, user_id, data)
    SELECT receivers.id::text, 'user.created', created.id, jsonb_build_object(
        'user_id', created.id, 'email', created.email, 'email_verified', created.email_verified,
        'name', created.name, 'image', created.image)
    FROM created JOIN webhook_receivers AS receivers ON 'user.created' = ANY (receivers.events)
    ORDER BY created.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_announce_creation AFTER INSERT ON users
    REFERENCING NEW TABLE AS created FOR EACH STATEMENT EXECUTE FUNCTION announce_created_users();

-- One statement may cause several events of a user. They are stored in the order of their places.
CREATE FUNCTION announce_changed_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM webhook_receivers) THEN
        RETURN NULL;
    END IF;
    INSERT INTO webhook_deliveries (receiver, event, user_id, data)
    SELECT receivers.id::text, announced.event, new_users.id, announced.data
    FROM old_users JOIN new_users ON new_users.id = old_users.id
    CROSS JOIN LATERAL (
        SELECT to_jsonb(array_remove(ARRAY[
            CASE WHEN new_users.name <> old_users.name THEN 'name' END,
            CASE WHEN new_users.email <> old_users.email THEN 'email' END,
            CASE WHEN new_users.image IS DISTINCT FROM old_users.image THEN 'image' END
        ], NULL)) AS changed
    ) AS fields
    CROSS JOIN LATERAL (VALUES
        (1, 'user.changed', fields.changed <> '[]', jsonb_build_object(
            'user_id', new_users.id, 'changed', fields.changed, 'email', new_users.email,
            'email_verified', new_users.email_verified, 'name', new_users.name, 'image', new_users.image)),
        (2, 'user.verified', new_users.email_verified AND NOT old_users.email_verified, jsonb_build_object(
            'user_id', new_users.id, 'email', new_users.email)),
        -- Another ban in place of one is announced, since it may end at another time.
        (3, 'user.banned', new_users.banned_at IS NOT NULL
            AND (new_users.banned_at, new_users.banned_until)
                IS DISTINCT FROM (old_users.banned_at, old_users.banned_until), jsonb_build_object(
            'user_id', new_users.id, 'banned_until',
            to_char(new_users.banned_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))),
        (4, 'user.unbanned', new_users.banned_at IS NULL AND old_users.banned_at IS NOT NULL, jsonb_build_object(
            'user_id', new_users.id))
    ) AS announced (place, event, happened, data)
    JOIN webhook_receivers AS receivers ON announced.event = ANY (receivers.events)
    WHERE announced.happened
    ORDER BY new_users.id, announced.place;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_announce_change AFTER UPDATE ON users
    REFERENCING OLD TABLE AS old_users NEW TABLE AS new_users
    FOR EACH STATEMENT EXECUTE FUNCTION announce_changed_users();

-- As in V12, for the receiver of WEBHOOK_URL, and for those that are registered.
CREATE OR REPLACE FUNCTION announce_deleted_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_deliveries (receiver, event, user_id, data)
    SELECT receivers.receiver, 'user.deleted', gone.id, jsonb_build_object(
        'user_id', gone.id,
        'tokens_expire_at', to_char(
            (now() + coalesce((SELECT max(seconds) FROM token_lifetimes), 86400) * interval '1 second')
            AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    FROM gone CROSS JOIN (
        SELECT 'environment' AS receiver
        UNION ALL
        SELECT id::text FROM webhook_receivers WHERE 'user.deleted' = ANY (events)
    ) AS receivers
    ORDER BY gone.id;
    RETURN NULL;
END
$$;

-- Of a session that expired, nobody needs to learn: it ended when its time said. Nor of those that go with their user.
CREATE FUNCTION announce_ended_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM webhook_receivers) THEN
        RETURN NULL;
    END IF;
    INSERT INTO webhook_deliveries (receiver, event, user_id, data)
    SELECT receivers.id::text, 'session.ended', ended.user_id, jsonb_build_object(
        'user_id', ended.user_id, 'session_id', ended.id)
    FROM ended JOIN webhook_receivers AS receivers ON 'session.ended' = ANY (receivers.events)
    WHERE ended.expires_at > now() AND EXISTS (SELECT FROM users WHERE users.id = ended.user_id)
    ORDER BY ended.user_id, ended.created_at, ended.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER sessions_announce_end AFTER DELETE ON sessions
    REFERENCING OLD TABLE AS ended FOR EACH STATEMENT EXECUTE FUNCTION announce_ended_sessions();

-- The commands of the operator run as the service does: they add and remove receivers, and encrypt secrets again.
GRANT SELECT, INSERT, DELETE, UPDATE (sealed_secret) ON webhook_receivers TO auth_service;
