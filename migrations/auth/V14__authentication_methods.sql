-- How the user of a session authenticated, for the claims `amr` and `acr`. Runs as auth_owner.

-- Null: unknown, since the session is older than this column or came from another system.
ALTER TABLE sessions ADD COLUMN authenticated_by text;
