#!/bin/sh
# Prints the configuration of Cargo with which releases are built, for a checkout in this directory:
#
#   deployment/release-config.sh "$PWD" >release.toml
#   cargo build --config release.toml --locked --release --package auth-service --package task-service
#
# Programs are static, so that they need no C library in their image. They are linked with glibc: musl's allocator is slow
# with several threads. The target is set because procedural macros, which are built for the host, cannot be static.
#
# The same sources, compiler and linker give the same bytes in any directory (./dev reproducible): paths of this machine
# are replaced in messages of panics and of C, and the linker adds no id.
set -eu
[ $# = 1 ] || { echo 'release-config.sh: which directory contains the checkout?' >&2 && exit 2; }
source=$1
cargo=${CARGO_HOME:-$HOME/.cargo}
# Cargo names crates by the directory that a link leads to.
registry=$cargo/registry
[ ! -d "$registry" ] || registry=$(cd "$registry" && pwd -P)
case $source$cargo$registry in
*[[:space:]\"\\]*)
    echo 'release-config.sh: the checkout and CARGO_HOME need paths without spaces, quotes and backslashes' >&2
    exit 2
    ;;
esac

cat <<TOML
[build]
target = "$(rustc -vV | sed -n 's/^host: //p')"
rustflags = [
    "-Ctarget-feature=+crt-static",
    "-Clink-arg=-Wl,--build-id=none",
    "--remap-path-prefix=$source=/source",
    "--remap-path-prefix=$registry=/cargo/registry",
    "--remap-path-prefix=$cargo=/cargo",
]

[env]
CFLAGS = { value = "-ffile-prefix-map=$source=/source -ffile-prefix-map=$registry=/cargo/registry -ffile-prefix-map=$cargo=/cargo", force = true }
TOML
