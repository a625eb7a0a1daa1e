#!/bin/sh
# Builds the programs twice, from two clones of the last commit in two directories with a CARGO_HOME each, and compares
# them. Says what differs and fails if they are not the same, byte for byte.
#
#   deployment/reproducible-build.sh [PROFILE] [PROGRAM...]    default: release auth-service task-service
set -eu
cd "$(dirname "$0")/.."
profile=${1:-release}
[ $# = 0 ] || shift
[ $# != 0 ] || set -- auth-service task-service
case $profile in dev) output=debug ;; *) output=$profile ;; esac

work=$(mktemp -d "${TMPDIR:-/var/tmp}/reproducible-build.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
first=$work/one
second=$work/a-directory/of/another-length
cargo=${CARGO_HOME:-$HOME/.cargo}

# Crates are in another place for the second build. Links are quick; elsewhere they are copied.
mkdir -p "$work/cargo"
if [ -d "$cargo/registry" ]; then
    cp -RLl "$cargo/registry" "$work/cargo" 2>/dev/null || cp -RL "$cargo/registry" "$work/cargo"
fi
[ ! -e "$cargo/config.toml" ] || cp "$cargo/config.toml" "$work/cargo"

build() { # checkout, CARGO_HOME, programs
    checkout=$1
    CARGO_HOME=$2
    export CARGO_HOME
    shift 2
    git clone --quiet --no-hardlinks . "$checkout"
    "$checkout/deployment/release-config.sh" "$checkout" >"$checkout/release.toml"
    for program in "$@"; do
        # One by one, as in the Dockerfile: programs that are built together share the features of their crates.
        (cd "$checkout" && nice -n 10 cargo build --config release.toml --locked --profile "$profile" --package "$program")
    done
}

binary() { # checkout, program
    echo "$1"/target/*-*-*/"$output/$2"
}

# Sections whose bytes differ, and paths of this machine.
explain() { # two files
    for file in "$@"; do
        strings -n 6 "$file" | grep -F -e "$work" -e "$cargo" | sort | uniq -c | sort -rn >"$work/paths"
        if [ -s "$work/paths" ]; then
            echo "$file contains paths:"
            head "$work/paths"
        fi
    done
    readelf --wide --section-headers "$1" | sed -n 's/^ *\[ *[0-9]*\] \(\.[^ ]*\) .*/\1/p' | while read -r section; do
        for number in 1 2; do
            eval "file=\$$number"
            objcopy --dump-section "$section=$work/section.$number" "$file" "$work/copy" 2>/dev/null ||
                : >"$work/section.$number"
        done
        cmp -s "$work/section.1" "$work/section.2" || echo "the section $section differs"
    done
    if command -v diffoscope >/dev/null; then
        diffoscope --max-report-size 100000 "$1" "$2" || true
    else
        cmp --verbose "$1" "$2" | head -n 5 || true
    fi
}

build "$first" "$cargo" "$@"
build "$second" "$work/cargo" "$@"
different=0
for program in "$@"; do
    one=$(binary "$first" "$program")
    other=$(binary "$second" "$program")
    if cmp -s "$one" "$other"; then
        echo "$(sha256sum <"$one" | cut -d ' ' -f 1)  $program: the same in both builds"
    else
        different=1
        echo "$program differs:"
        sha256sum "$one" "$other"
        explain "$one" "$other"
    fi
done
exit $different
