#!/bin/sh
# Stores the secrets of the compose stack: given values, values of earlier runs, and random values for the rest. Checks
# every given value first, and changes nothing if one is invalid. Never prints a secret. Can be run repeatedly.
#
# Each reader has a directory that only its user can enter. A service can therefore read its own secrets, but not the
# password of the role that owns its tables.
#
#   SECRETS_DIRECTORY  directory in which the secrets are stored
#   DATABASE_ADDRESS   host:port of PostgreSQL, for the URLs
#   GIVEN_PATH         a file of lines NAME=value. It is deleted after reading: Compose gives a later start of the same
#                      container no new values, and old ones must not be applied again. Without it only the environment
#                      is used. MAIL_FROM is not a secret; it is included to be checked together with MAIL_URL
set -euf
umask 077
cd "$SECRETS_DIRECTORY"

# --- Given values -----------------------------------------------------------------------------------------------

complain() {
    echo "secrets: $*; nothing was changed" >&2
    exit 1
}

given_by_file=''
if [ -n "${GIVEN_PATH:-}" ] && [ -e "$GIVEN_PATH" ]; then
    given_by_file=$(cat "$GIVEN_PATH")
    rm -f "$GIVEN_PATH"
    if printf '%s\n' "$given_by_file" | grep -qv '^[A-Z_]*='; then
        complain 'a value contains a line break'
    fi
fi

given() { # name of a setting; prints nothing if it is not given
    value=$(printenv "$1" || :)
    [ -n "$value" ] || value=$(printf '%s\n' "$given_by_file" | sed -n "s/^$1=//p")
    printf '%s' "$value"
}

# Prints the elements of a comma-separated list, one a line, as auth-service parses it.
elements() { printf '%s\n' "$1" | tr ',' '\n' | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d'; }

# The password becomes part of a URL.
check_password() { # name
    case $(given "$1") in
    *[!A-Za-z0-9._~-]*) complain "$1 may consist of letters, digits and . _ ~ -" ;;
    esac
}

# Succeeds if a secret, given in hexadecimal, repeats itself by auth-service's rule: fewer than six different bytes, or a
# text repeated three times or more, possibly followed by the beginning of another repetition.
is_guessable() {
    different=$(printf '%s\n' "$1" | fold -w 2 | sort -u | wc -l)
    [ "$different" -lt 6 ] || printf '%s\n' "$1" | grep -q '^\(\(.*\).\{1,\}\)\1\1\1*\2$'
}

in_hexadecimal() { od -An -v -tx1 | tr -d ' \n'; }

check_auth_secrets() {
    case $(given AUTH_SECRETS) in
    '' | *[!,[:space:]]*) ;;
    *) complain 'AUTH_SECRETS contains no secret' ;;
    esac
    smallest=32
    for secret in $(elements "$(given AUTH_SECRETS)" | tr ' ' '_'); do
        [ "${#secret}" -ge $smallest ] || complain "AUTH_SECRETS needs 32 bytes in the first secret and 16 in each other one"
        if [ $smallest -eq 32 ] && is_guessable "$(printf '%s' "$secret" | in_hexadecimal)"; then
            complain 'AUTH_SECRETS repeats itself in the first secret; create one with: openssl rand -hex 32'
        fi
        smallest=16
    done
}

# The signing keys in the database are encrypted under the stored keys, so one of them must stay.
check_key_encryption_keys() {
    [ -n "$(given KEY_ENCRYPTION_KEYS)" ] || return 0
    keys=$(elements "$(given KEY_ENCRYPTION_KEYS)")
    [ -n "$keys" ] || complain 'KEY_ENCRYPTION_KEYS contains no key'
    kept=no first=yes
    stored=$(elements "$(cat auth-service/key_encryption_keys 2>/dev/null || :)")
    for key in $keys; do
        [ "$(printf '%s' "$key" | base64 -d 2>/dev/null | wc -c)" -eq 32 ] ||
            complain 'KEY_ENCRYPTION_KEYS needs keys of 32 bytes in base64, such as from: openssl rand -base64 32'
        if [ $first = yes ] && is_guessable "$(printf '%s' "$key" | base64 -d | in_hexadecimal)"; then
            complain 'KEY_ENCRYPTION_KEYS repeats itself in the first key; create one with: openssl rand -base64 32'
        fi
        first=no
        ! printf '%s\n' "$stored" | grep -qxF -- "$key" || kept=yes
    done
    [ -z "$stored" ] || [ $kept = yes ] ||
        complain 'KEY_ENCRYPTION_KEYS has to contain a key that is in use: the signing keys are encrypted under it'
}

check_mail_url() {
    case $(given MAIL_URL) in
    '' | file:///?*) ;;
    smtp://?* | smtps://?*) [ -n "$(given MAIL_FROM)" ] || complain 'MAIL_URL needs MAIL_FROM, the sender of mail' ;;
    *) complain 'MAIL_URL has to begin with smtps://, smtp:// or file:///' ;;
    esac
}

check_social_providers() {
    case $(given SOCIAL_PROVIDERS) in
    '' | '{'*'}') ;;
    *) complain 'SOCIAL_PROVIDERS has to be a JSON object in one line' ;;
    esac
}

check_webhook_secret() {
    case $(given WEBHOOK_SECRET) in
    '' | *[!,[:space:]]*) ;;
    *) complain 'WEBHOOK_SECRET contains no secret' ;;
    esac
    for secret in $(elements "$(given WEBHOOK_SECRET)" | tr ' ' '_'); do
        bytes=$(printf '%s' "${secret#whsec_}" | base64 -d 2>/dev/null | wc -c)
        [ "$secret" != "${secret#whsec_}" ] && [ "$bytes" -ge 24 ] && [ "$bytes" -le 64 ] ||
            complain 'WEBHOOK_SECRET needs secrets such as from: echo whsec_$(openssl rand -base64 32)'
    done
}

for name in AUTH_OWNER_PASSWORD AUTH_SERVICE_PASSWORD TASKS_OWNER_PASSWORD TASKS_SERVICE_PASSWORD; do
    check_password $name
done
check_auth_secrets
check_key_encryption_keys
check_mail_url
check_social_providers
check_webhook_secret

# --- Stored values ----------------------------------------------------------------------------------------------

mkdir -p postgres auth-migrate auth-service task-migrate task-service

random_hex() { od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'; }
random_base64() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }
random_webhook_secret() { printf 'whsec_' && random_base64; }

# Writes atomically: a file is complete or absent, even if the script is interrupted.
write() { # file, value
    printf '%s\n' "$2" >"$1.new"
    mv "$1.new" "$1"
}

# Prints the name of a changed secret, because services read their secrets only when they start.
replace() { # name, file, value
    if [ ! -e "$2" ] || [ "$(cat "$2")" != "$3" ]; then
        [ ! -e "$2" ] || echo "secrets: $1 has changed"
        write "$2" "$3"
    fi
}

settle() { # name, file, command that creates a value
    value=$(given "$1")
    if [ -n "$value" ]; then
        replace "$1" "$2" "$value"
    elif [ ! -s "$2" ]; then
        write "$2" "$("$3")"
    fi
}

write_url() { # reader, role, database
    write "$1/database_url" "postgres://$2:$(cat "postgres/$2_password")@$DATABASE_ADDRESS/$3"
}

# The server has the stored password. databases.sh replaces both.
if [ -s postgres/superuser_password ] && [ -n "$(given POSTGRES_PASSWORD)" ]; then
    rm -f postgres/superuser_password_given
    if [ "$(given POSTGRES_PASSWORD)" != "$(cat postgres/superuser_password)" ]; then
        write postgres/superuser_password_given "$(given POSTGRES_PASSWORD)"
    fi
else
    settle POSTGRES_PASSWORD postgres/superuser_password random_hex
fi
settle AUTH_OWNER_PASSWORD postgres/auth_owner_password random_hex
settle AUTH_SERVICE_PASSWORD postgres/auth_service_password random_hex
settle TASKS_OWNER_PASSWORD postgres/tasks_owner_password random_hex
settle TASKS_SERVICE_PASSWORD postgres/tasks_service_password random_hex

write_url auth-migrate auth_owner auth
write_url auth-service auth_service auth
write_url task-migrate tasks_owner tasks
write_url task-service tasks_service tasks

settle AUTH_SECRETS auth-service/auth_secrets random_hex
settle KEY_ENCRYPTION_KEYS auth-service/key_encryption_keys random_base64
settle WEBHOOK_SECRET auth-service/webhook_secret random_webhook_secret
# The receiver verifies with it.
write task-service/webhook_secret "$(cat auth-service/webhook_secret)"

# MAIL_URL is never generated: without it no mail is sent. It is emptied when it is no longer given.
if [ -n "$given_by_file" ] || [ -n "$(given MAIL_URL)" ] || [ ! -e auth-service/mail_url ]; then
    replace MAIL_URL auth-service/mail_url "$(given MAIL_URL)"
fi

# SOCIAL_PROVIDERS is neither.
if [ -n "$given_by_file" ] || [ -n "$(given SOCIAL_PROVIDERS)" ] || [ ! -e auth-service/social_providers ]; then
    replace SOCIAL_PROVIDERS auth-service/social_providers "$(given SOCIAL_PROVIDERS)"
fi

# These are the users of the readers in docker-compose.yml.
chown -R 999:999 postgres
chown -R 10011:10011 auth-migrate
chown -R 10001:10001 auth-service
chown -R 10012:10012 task-migrate
chown -R 10002:10002 task-service
