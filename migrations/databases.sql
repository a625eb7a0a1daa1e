-- Databases and roles of Latchkey: the one place that says who may reach what. Tables are the migrations'.
--
--   auth   owned by auth_owner  (migrations), used by auth_service
--   tasks  owned by tasks_owner (migrations), used by tasks_service
--
-- For psql 15 or newer, against PostgreSQL 15 or newer, as superuser or, where a provider gives out none, as a role with
-- CREATEROLE and CREATEDB. The passwords come from the environment:
-- AUTH_OWNER_PASSWORD, AUTH_SERVICE_PASSWORD, TASKS_OWNER_PASSWORD, TASKS_SERVICE_PASSWORD. It may be run again
-- at any time, and then sets the passwords anew:
--
--   psql --no-psqlrc --dbname=postgres --file=migrations/databases.sql

\set ON_ERROR_STOP on
\set QUIET on

\getenv auth_owner_password AUTH_OWNER_PASSWORD
\getenv auth_service_password AUTH_SERVICE_PASSWORD
\getenv tasks_owner_password TASKS_OWNER_PASSWORD
\getenv tasks_service_password TASKS_SERVICE_PASSWORD

-- A password that is not set stays empty, and an empty one is refused.
\if :{?auth_owner_password} \else \set auth_owner_password '' \endif
\if :{?auth_service_password} \else \set auth_service_password '' \endif
\if :{?tasks_owner_password} \else \set tasks_owner_password '' \endif
\if :{?tasks_service_password} \else \set tasks_service_password '' \endif

-- Statements below contain the passwords, so this session keeps them out of the server's log and of its statistics. That
-- takes a superuser, or a role that may set these parameters. With another role, change the passwords afterwards if the
-- server logs statements.
SELECT count(set_config(name, value, false)) AS quiet
FROM (VALUES
    ('log_statement', 'none'),
    ('log_min_duration_statement', '-1'),
    ('log_min_duration_sample', '-1'),
    ('log_transaction_sample_rate', '0'),
    ('log_min_error_statement', 'panic'),
    ('pg_stat_statements.track', 'none'),
    ('auto_explain.log_min_duration', '-1'),
    ('pgaudit.log', 'none')
) AS parameters (name, value) JOIN pg_settings USING (name)
WHERE has_parameter_privilege(name, 'SET')
\gset

CREATE TEMPORARY TABLE wanted_role (name text, password text);
INSERT INTO wanted_role VALUES
    ('auth_owner', :'auth_owner_password'),
    ('auth_service', :'auth_service_password'),
    ('tasks_owner', :'tasks_owner_password'),
    ('tasks_service', :'tasks_service_password');

DO $$
DECLARE
    missing text := (SELECT string_agg(upper(name) || '_PASSWORD', ', ') FROM wanted_role WHERE password = '');
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'set % in the environment', missing;
    END IF;
END
$$;

-- Roles: they may sign in, and nothing else that goes beyond their database.
SELECT format('CREATE ROLE %I', name) FROM wanted_role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', name, password) FROM wanted_role
\gexec

-- A new role has none of these rights. Only a superuser may mention most of them, be it to take them away.
SELECT format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', name)
FROM wanted_role JOIN pg_roles ON rolname = name
WHERE rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls
\gexec

-- Who is no superuser gives a database only to a role that they belong to.
SELECT format('GRANT %I TO CURRENT_USER', name) FROM wanted_role
WHERE name LIKE '%\_owner' AND NOT pg_has_role(name, 'MEMBER')
\gexec

-- Limits, as settings of the roles: a pooler may lend one connection to many clients, so nothing is set on connections.
--   A service gives up on a statement after seconds; the server ends it then too, and a transaction that nobody finishes.
--   A migration that waits for a table holds up all who come after it: it fails, and is run again at a quieter moment.
--   A migration that touches rows of users where policies would hide them all is an error, and not a change of nothing.
SELECT format('ALTER ROLE %I SET %s', name, setting)
FROM wanted_role JOIN (VALUES
    ('service', 'statement_timeout = ''10s'''),
    ('service', 'idle_in_transaction_session_timeout = ''10s'''),
    ('owner', 'lock_timeout = ''30s'''),
    ('owner', 'row_security = off')
) AS limits (kind, setting) ON name LIKE '%\_' || kind
\gexec

-- Databases: an owner for the migrations, and nobody but the two roles may connect.
CREATE TEMPORARY TABLE wanted_database (name text, owner_role text, service_role text);
INSERT INTO wanted_database VALUES
    ('auth', 'auth_owner', 'auth_service'),
    ('tasks', 'tasks_owner', 'tasks_service');

SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', name, owner_role) FROM wanted_database
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name)
\gexec

SELECT format('ALTER DATABASE %I OWNER TO %I', name, owner_role) FROM wanted_database
\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', name) FROM wanted_database
\gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I, %I', name, owner_role, service_role) FROM wanted_database
\gexec

DROP TABLE wanted_role, wanted_database;
