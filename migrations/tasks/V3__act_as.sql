-- The identity of a transaction, set by a function of the database: the service does not depend on how it is set.
--
-- With Citus the identity has to reach the workers, which set_config does not. migrations/citus.sql replaces the body.
-- PostgreSQL replaces a call by this expression when it plans the statement, so the function costs nothing here.
CREATE FUNCTION act_as(owner text) RETURNS text LANGUAGE sql AS $$
    SELECT set_config('app.user_id', owner, true)
$$;

GRANT EXECUTE ON FUNCTION act_as(text) TO tasks_service;
