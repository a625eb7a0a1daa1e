#!/bin/sh
# Prints the Secrets of the Kubernetes manifests, with random passwords and keys. Create them once, and keep a copy of the
# Secret `auth-service` with your backups: the signing keys in the database are encrypted under its key_encryption_keys.
#
#   deployment/kubernetes/secrets.sh | kubectl create --namespace latchkey --filename -
#
# `create` fails if a Secret exists. Never use `apply`: it would replace the keys.
#
#   DATABASE_HOST, DATABASE_PORT    PostgreSQL; the port is 5432 by default
#   DATABASE_PARAMETERS             parameters of the services' URLs; default sslmode=require, which also verifies the
#                                   certificate
#   DATABASE_CA_FILE                CA certificates (PEM) of the server; default those of public CAs
#   DATABASE_ADMIN                  a role that may create roles and databases; default postgres
#   DATABASE_ADMIN_PASSWORD         its password
#   DATABASE_ADMIN_SSLMODE          how psql connects as that role; default require
#   MAIL_URL                        the mail server, e.g. smtps://user:password@mail.example.com; default none
#   SOCIAL_PROVIDERS                the identity providers that users can sign in with, as JSON; default none
set -eu

complain() {
    echo "secrets: $*" >&2
    exit 1
}

port=${DATABASE_PORT:-5432}
parameters=${DATABASE_PARAMETERS-sslmode=require}
admin=${DATABASE_ADMIN:-postgres}

case ${DATABASE_HOST:-} in
'') complain 'set DATABASE_HOST' ;;
*[!A-Za-z0-9.-]*) complain 'DATABASE_HOST has to be a host name or an IPv4 address' ;;
esac
case $port in *[!0-9]*) complain 'DATABASE_PORT has to be a number' ;; esac
[ -n "${DATABASE_ADMIN_PASSWORD:-}" ] || complain 'set DATABASE_ADMIN_PASSWORD'
[ -z "${DATABASE_CA_FILE:-}" ] || grep -q -e '-----BEGIN CERTIFICATE-----' "$DATABASE_CA_FILE" ||
    complain 'DATABASE_CA_FILE has to name a file of certificates in PEM'

random_hex() { od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'; }
random_base64() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

# Quotes a value of stringData with single quotes, inside which only a single quote is special.
quoted() {
    case $1 in *'
'*) complain 'a value has more than one line' ;; esac
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"
}

begin() { # name
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  labels: {app.kubernetes.io/part-of: latchkey}\nstringData:\n' "$1"
}

value() { # key, value
    printf '  %s: ' "$1"
    quoted "$2"
    printf '\n'
}

# Prints what a pod of this name needs to connect. Secrets are mounted at /run/secrets/NAME.
connection() { # name, role, password, database
    query=$parameters
    [ -z "${DATABASE_CA_FILE:-}" ] || query="${query:+$query&}sslrootcert=/run/secrets/$1/database_ca"
    value database_url "postgres://$2:$3@$DATABASE_HOST:$port/$4${query:+?$query}"
    [ -z "${DATABASE_CA_FILE:-}" ] || { printf '  database_ca: |\n' && sed 's/^/    /' "$DATABASE_CA_FILE"; }
}

auth_owner=$(random_hex)
auth_service=$(random_hex)
tasks_owner=$(random_hex)
tasks_service=$(random_hex)
webhook_secret=whsec_$(random_base64)

begin databases
value PGHOST "$DATABASE_HOST"
value PGPORT "$port"
value PGUSER "$admin"
value PGPASSWORD "$DATABASE_ADMIN_PASSWORD"
value PGSSLMODE "${DATABASE_ADMIN_SSLMODE:-require}"
value AUTH_OWNER_PASSWORD "$auth_owner"
value AUTH_SERVICE_PASSWORD "$auth_service"
value TASKS_OWNER_PASSWORD "$tasks_owner"
value TASKS_SERVICE_PASSWORD "$tasks_service"

begin auth-migrate
connection auth-migrate auth_owner "$auth_owner" auth

begin auth-service
connection auth-service auth_service "$auth_service" auth
value auth_secrets "$(random_hex)"
value key_encryption_keys "$(random_base64)"
value mail_url "${MAIL_URL:-}"
value social_providers "${SOCIAL_PROVIDERS:-}"
value webhook_secret "$webhook_secret"

begin task-migrate
connection task-migrate tasks_owner "$tasks_owner" tasks

begin task-service
connection task-service tasks_service "$tasks_service" tasks
value webhook_secret "$webhook_secret"
