#!/bin/sh
# The secrets of the compose stack: takes what the environment gives, keeps what an earlier run left, and makes the rest
# at random. Prints none of them. May run again at any time.
#
# Each reader has a directory that only its user can enter. So a service reads its own secrets, and not the password of
# the role that owns its tables.
#
#   SECRETS_DIRECTORY  where to keep them
#   DATABASE_ADDRESS   host:port of PostgreSQL, for the URLs
set -eu
umask 077
cd "$SECRETS_DIRECTORY"

mkdir -p postgres auth-migrate auth-service task-migrate task-service

random_hex() { od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'; }
random_base64() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

# A file is complete or not there, even if this is stopped half-way.
write() { # file, value
    printf '%s\n' "$2" >"$1.new"
    mv "$1.new" "$1"
}

settle() { # file, value from the environment (or empty), command that makes one
    if [ -n "$2" ]; then
        write "$1" "$2"
    elif [ ! -s "$1" ]; then
        write "$1" "$("$3")"
    fi
}

# A password goes into a URL as it is.
settle_password() { # name of the variable, role, value from the environment (or empty)
    case $3 in
    *[!A-Za-z0-9._~-]*)
        echo "$1 may hold letters, digits and . _ ~ - only" >&2
        exit 1
        ;;
    esac
    settle "postgres/$2_password" "$3" random_hex
}

write_url() { # reader, role, database
    write "$1/database_url" "postgres://$2:$(cat "postgres/$2_password")@$DATABASE_ADDRESS/$3"
}

settle postgres/superuser_password "${POSTGRES_PASSWORD:-}" random_hex
settle_password AUTH_OWNER_PASSWORD auth_owner "${AUTH_OWNER_PASSWORD:-}"
settle_password AUTH_SERVICE_PASSWORD auth_service "${AUTH_SERVICE_PASSWORD:-}"
settle_password TASKS_OWNER_PASSWORD tasks_owner "${TASKS_OWNER_PASSWORD:-}"
settle_password TASKS_SERVICE_PASSWORD tasks_service "${TASKS_SERVICE_PASSWORD:-}"

write_url auth-migrate auth_owner auth
write_url auth-service auth_service auth
write_url task-migrate tasks_owner tasks
write_url task-service tasks_service tasks

settle auth-service/auth_secrets "${AUTH_SECRETS:-}" random_hex
settle auth-service/key_encryption_keys "${KEY_ENCRYPTION_KEYS:-}" random_base64

# Nothing is made up here: without it no mail is sent.
write auth-service/mail_url "${MAIL_URL:-}"

# The users that docker-compose.yml runs the readers as.
chown -R 999:999 postgres
chown -R 10011:10011 auth-migrate
chown -R 10001:10001 auth-service
chown -R 10012:10012 task-migrate
chown -R 10002:10002 task-service
