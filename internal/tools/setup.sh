#!/usr/bin/env bash
# Installs what the tests start: PostgreSQL, Redis, Chromium and Python. Nothing is started or configured on the machine;
# where all are installed nothing happens but a look at the room on the disk.
set -Eeuo pipefail

# A disk that fills up halfway shows as errors of compilers and databases that say nothing of it.
for place in "${TMPDIR:-/tmp}" "$(go env GOCACHE)"; do
    mkdir -p "$place"
    free=$(df -Pm "$place" | awk 'NR == 2 { print $4 }')
    if [ "$free" -lt 6000 ]; then
        echo "$place has ${free} MB free, and building and testing takes up to 6000: make room (go clean -cache)" >&2
        exit 1
    fi
done

missing=()
if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null && ! command -v initdb > /dev/null; then
    missing+=(postgresql)
fi
if ! command -v redis-server > /dev/null; then
    missing+=(redis-server)
fi
if ! command -v chromium > /dev/null; then
    missing+=(chromium)
fi
if ! command -v python3 > /dev/null; then
    missing+=(python3)
fi
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

if ! command -v apt-get > /dev/null; then
    echo "the tests need ${missing[*]}: install with this system's package manager" >&2
    exit 1
fi
root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo > /dev/null; then
        echo "the tests need ${missing[*]}: install as root" >&2
        exit 1
    fi
    root=(sudo)
fi

# Debian makes a database cluster and starts services as part of an installation. Both are turned off while it lasts,
# unless the machine has a policy of its own.
undo=()
finish() {
    if [ ${#undo[@]} -gt 0 ]; then
        "${root[@]}" rm -f "${undo[@]}"
    fi
}
trap finish EXIT
write() { # write PATH MODE TEXT
    if [ ! -e "$1" ]; then
        "${root[@]}" mkdir -p "$(dirname "$1")"
        printf '%s\n' "$3" | "${root[@]}" tee "$1" > /dev/null
        "${root[@]}" chmod "$2" "$1"
        undo+=("$1")
    fi
}
write /usr/sbin/policy-rc.d 755 $'#!/bin/sh\nexit 101'
write /etc/postgresql-common/createcluster.d/tenantgate-setup.conf 644 'create_main_cluster = false'

"${root[@]}" apt-get update -q
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}"
