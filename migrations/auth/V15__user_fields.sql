-- Additional fields of users, as the setting USER_FIELDS describes them. Runs as auth_owner.

-- By name; a field that was never set is not there. Null: none was set.
ALTER TABLE users ADD COLUMN fields jsonb;
ALTER TABLE sign_ups ADD COLUMN fields jsonb;
