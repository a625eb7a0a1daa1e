#!/bin/sh
# Prints the section of CHANGELOG.md for a release. Fails if the tag differs from the version of the sources, or if
# CHANGELOG.md has no section for this version.
#
#   deployment/release-notes.sh v0.1.0
set -eu
cd "$(dirname "$0")/.."

complain() {
    echo "release-notes: $*" >&2
    exit 1
}

[ $# -eq 1 ] || complain 'usage: release-notes.sh TAG'
version=$(sed -n '/^\[workspace.package\]$/,/^$/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
[ "$1" = "v$version" ] || complain "the tag is $1, and the version in Cargo.toml $version"

# From the heading `## 0.1.0` (a date may follow) to the next heading of that level.
notes=$(awk -v version="$version" '
    /^## / { inside = $2 == version; next }
    inside
' CHANGELOG.md)
[ -n "$(printf '%s' "$notes" | tr -d '[:space:]')" ] || complain "CHANGELOG.md has no section ## $version"
printf '%s\n' "$notes"
