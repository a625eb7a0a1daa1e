-- Usernames, which users sign in with if USERNAME_ENABLED is on. Runs as auth_owner.

-- Lower case, so that plain uniqueness ignores case. The second column has the spelling that pages show.
ALTER TABLE users
    ADD COLUMN username text,
    ADD COLUMN display_username text,
    ADD CONSTRAINT users_username_key UNIQUE (username),
    ADD CONSTRAINT users_username_shape CHECK (username ~ '^[a-z0-9_.]+$');

-- Not unique: a pending sign-up reserves nothing. Its user gets the username if it is still free.
ALTER TABLE sign_ups
    ADD COLUMN username text,
    ADD COLUMN display_username text,
    ADD CONSTRAINT sign_ups_username_shape CHECK (username ~ '^[a-z0-9_.]+$');

CREATE INDEX sign_ups_username_idx ON sign_ups (username, created_at) WHERE username IS NOT NULL;

-- As in V15, and a change of the username is announced too.
CREATE OR REPLACE FUNCTION announce_changed_users() RETURNS trigger LANGUAGE plpgsql AS $$
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
            CASE WHEN new_users.image IS DISTINCT FROM old_users.image THEN 'image' END,
            CASE WHEN new_users.fields IS DISTINCT FROM old_users.fields THEN 'fields' END,
            CASE WHEN (new_users.username, new_users.display_username)
                IS DISTINCT FROM (old_users.username, old_users.display_username) THEN 'username' END
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
