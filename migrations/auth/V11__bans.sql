-- Bans: users whom the operator keeps from signing in. Runs as auth_owner.

ALTER TABLE users
    -- When the user was banned; null: never, or not any more. In this table, because the statement that starts a session
    -- locks its row: a ban never loses to a sign-in of the same moment.
    ADD COLUMN banned_at timestamptz,
    -- When the ban ends by itself; null: never. The columns of a ban that has ended stay until the next one.
    ADD COLUMN banned_until timestamptz,
    -- For the operator. Users never see it.
    ADD COLUMN ban_reason text,
    ADD CONSTRAINT users_ban CHECK (banned_at IS NOT NULL OR (banned_until IS NULL AND ban_reason IS NULL));
