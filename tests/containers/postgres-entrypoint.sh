#!/bin/bash
# The entrypoint of the substitute for PostgreSQL's image, with the parts that docker-compose.yml needs.
set -euo pipefail
[ "${1:-}" = postgres ] || exec "$@"

mkdir -p "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    password=${POSTGRES_PASSWORD:-$(cat "${POSTGRES_PASSWORD_FILE:?or POSTGRES_PASSWORD must be set}")}
    initdb --username=postgres --pwfile=<(printf '%s\n' "$password")
    printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
fi
exec "$@"
