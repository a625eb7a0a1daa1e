#!/bin/sh
# Prints the docker-compose.yml of a release, which pulls images by digest instead of building them. Reads
# docker-compose.yml from standard input. Prints nothing if an image is missing, unknown or left over.
#
#   deployment/release-compose.sh REGISTRY NAME=sha256:DIGEST... <docker-compose.yml
set -eu

complain() {
    echo "release-compose: $*" >&2
    exit 1
}

[ $# -ge 2 ] || complain 'usage: release-compose.sh REGISTRY NAME=sha256:DIGEST... <docker-compose.yml'
registry=$1
shift
case $registry in
'' | */ | *[!a-z0-9./:_-]*) complain "not the prefix of images: $registry" ;;
esac

# Lines that build an image only work in a checkout.
edits='/^ *build: {[^}]*}$/d
/^ *pull_policy: [a-z]*$/d'
for pair; do
    name=${pair%%=*}
    digest=${pair#*=}
    case $name in '' | *[!a-z0-9-]*) complain "not the name of an image: $pair" ;; esac
    printf '%s\n' "$digest" | grep -qx 'sha256:[0-9a-f]\{64\}' || complain "not a digest: $pair"
    edits="$edits
s|^\( *image: \)latchkey/$name:dev\$|\1$registry/$name@$digest|"
done

compose=$(sed -e "$edits")

for pair; do
    image=$registry/${pair%%=*}@${pair#*=}
    printf '%s\n' "$compose" | grep -qx " *image: $image" || complain "no service uses latchkey/${pair%%=*}:dev"
done
if left=$(printf '%s\n' "$compose" | grep -E '^[^#]*(image: *["'\'']?latchkey/|:dev *$|(^| )(build|pull_policy):)'); then
    complain "left over: $left"
fi
printf '%s\n' "$compose"
