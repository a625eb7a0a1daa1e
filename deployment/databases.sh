#!/bin/sh
# Makes the databases and roles on the server that PGHOST and PGPORT name, or completes them, with the passwords that
# secrets.sh settled on. May run again at any time.
#
#   SECRETS_DIRECTORY  where secrets.sh keeps them
#   DATABASES_SQL      migrations/databases.sql
set -eu

for role in auth_owner auth_service tasks_owner tasks_service; do
    password=$(cat "$SECRETS_DIRECTORY/postgres/${role}_password")
    export "$(echo "$role" | tr '[:lower:]' '[:upper:]')_PASSWORD=$password"
done
PGPASSWORD=$(cat "$SECRETS_DIRECTORY/postgres/superuser_password")
export PGPASSWORD

exec psql --no-psqlrc --no-password --username=postgres --dbname=postgres --file="$DATABASES_SQL"
