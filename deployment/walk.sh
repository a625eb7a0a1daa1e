#!/bin/sh
# Runs the README's curl walk-through against services without accounts, and fails unless the output is as expected.
#
#   deployment/walk.sh AUTH_URL TASKS_URL
set -eu
AUTH=$1
TASKS=$2
export AUTH TASKS

# Extracts the `sh` blocks below that heading.
walk=$(awk '
    /^```/ { code = !code; wanted = code && inside && $0 == "```sh"; next }
    code { if (wanted) print; next }
    /^#/ { inside = /A walk through with curl/ }
' "$(dirname "$0")/../README.md")

said=$(printf '%s\n' "$walk" | sh -eu)
printf '%s\n' "$said"

expect() { # description, number of matches, pattern
    times=$(printf '%s\n' "$said" | grep -o "$3" | wc -l)
    test "$times" -eq "$2" || { echo "walk: $1: $times times, not $2" >&2 && exit 1; }
}
expect 'Alice has an account' 1 '^HTTP/1.1 200'
expect 'her task is made and listed' 2 '"title":"Water the plants"'
expect 'Bob has none' 1 '{"tasks":\[\],"next_cursor":null}'
expect "Bob may not see Alice's" 1 ' 403$'
expect 'nobody may without a token, nor with one of a session that is over' 2 ' 401$'
