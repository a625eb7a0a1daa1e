#!/bin/sh
# Creates or completes the databases and roles on the server at PGHOST and PGPORT, with the passwords that secrets.sh
# stores. Waits for the server. Can be run repeatedly.
#
#   SECRETS_DIRECTORY  directory in which secrets.sh stores the passwords
#   DATABASES_SQL      migrations/databases.sql
set -eu
umask 077
passwords=$SECRETS_DIRECTORY/postgres

# The services wait equally long for the server at startup.
waited=0
until pg_isready --quiet; do
    waited=$((waited + 1))
    [ $waited -le 30 ] || { echo "databases: no PostgreSQL at $PGHOST:$PGPORT after 30 s" >&2 && exit 1; }
    sleep 1
done

run_psql() { # password file, argument for psql
    PGPASSWORD=$(cat "$1") psql --no-psqlrc --no-password --quiet --username=postgres --dbname=postgres "$2"
}

# secrets.sh was given a new superuser password; the server still has the old one.
given=$passwords/superuser_password_given
if [ -s "$given" ]; then
    if run_psql "$passwords/superuser_password" --command='SELECT' >/dev/null 2>&1; then
        SUPERUSER_PASSWORD=$(cat "$given")
        export SUPERUSER_PASSWORD
        run_psql "$passwords/superuser_password" --file=- <<'END'
\set ON_ERROR_STOP on
\getenv password SUPERUSER_PASSWORD
ALTER ROLE postgres PASSWORD :'password';
END
        unset SUPERUSER_PASSWORD
    elif ! run_psql "$given" --command='SELECT' >/dev/null; then
        rm "$given"
        echo 'databases: PostgreSQL accepts neither POSTGRES_PASSWORD nor the stored password, which stays as it is' >&2
        exit 1
    fi
    mv "$given" "$passwords/superuser_password"
    echo 'databases: POSTGRES_PASSWORD has changed'
fi

for role in auth_owner auth_service tasks_owner tasks_service; do
    password=$(cat "$passwords/${role}_password")
    export "$(echo "$role" | tr '[:lower:]' '[:upper:]')_PASSWORD=$password"
done
run_psql "$passwords/superuser_password" --file="$DATABASES_SQL"
