-- The definition of act_as for Citus. Run it as tasks_owner, connected to the database tasks, after `task-service migrate`
-- and before the first request (docs/SCALING.md).
--
-- Citus passes SET LOCAL on to the workers, if citus.propagate_set_commands is 'local' for tasks_service. It does not pass
-- on set_config. %L quotes the owner as a literal.
CREATE OR REPLACE FUNCTION act_as(owner text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SET LOCAL app.user_id = %L', owner);
    RETURN owner;
END
$$;
