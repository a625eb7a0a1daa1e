#!/bin/sh
# Creates the databases and roles on the server at PGHOST and PGPORT, or completes them, with the passwords that
# secrets.sh keeps. Waits for the server. May run at any time.
#
#   SECRETS_DIRECTORY  where secrets.sh keeps them
#   DATABASES_SQL      migrations/databases.sql
set -eu
umask 077
passwords=$SECRETS_DIRECTORY/postgres

# As long as the services wait for it at their start.
waited=0
until pg_isready --quiet; do
    waited=$((waited + 1))
    [ $waited -le 30 ] || { echo "databases: no PostgreSQL at $PGHOST:$PGPORT after 30 s" >&2 && exit 1; }
    sleep 1
done

run_psql() { # file of the password, what to run
    PGPASSWORD=$(cat "$1") psql --no-psqlrc --no-password --quiet --username=postgres --dbname=postgres "$2"
}

# A new password of the superuser: secrets.sh was given it, the server has the old one.
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
