# shellcheck shell=bash
# Sourced by the other scripts: where things are, and how progress is told.

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# What is slow to make and the same for every clone: the control plane's programs, root file systems of images.
CACHE=${TGS_CACHE_DIR:-${HOME:-/root}/.cache/telegram-serverless}
# shellcheck disable=SC2034 # used by those who source this
KUBERNETES=$CACHE/kubernetes-1.20.2
# What belongs to this clone and is gone after `make clean`: nodes, logs, images.
# shellcheck disable=SC2034
RUN=${TGS_RUN_DIR:-$PROJECT/.run}

START_SECONDS=$(date +%s)

# say TEXT: a progress line with the time since the script's start.
say() { printf '[%4d s] %s\n' "$(($(date +%s) - START_SECONDS))" "$*"; }

# fail TEXT...: a line each, then the end.
fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    [ $# = 0 ] || printf '       %s\n' "$@" >&2
    exit 1
}

# as_root COMMAND...: through sudo when this is not root already.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# missing_packages NAME...: those of them that Debian's package manager does not have installed.
missing_packages() {
    local name
    for name in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
    done
}

# install_packages NAME...: those of the Debian packages that are missing; nothing at all when none is. Daemons among them
# are not started: the tests start servers of their own.
install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "this needs Debian 12 (no apt-get here)" "missing: ${missing[*]}"
    if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
        fail "these Debian packages are missing, and this is neither root nor may use sudo without a password:" \
            "sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    local log
    log=$(mktemp)
    if ! as_root apt-get -o DPkg::Lock::Timeout=600 update -qq >"$log" 2>&1; then
        # A third party's broken repository must not stop what Debian's own has.
        tail -n 5 "$log" >&2
        say "apt-get update had errors; trying with what it has"
    fi
    if ! (
        # What Debian asks before it starts a daemon. One that is there already has its own opinion.
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap 'as_root rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
            as_root chmod 755 "$policy"
        fi
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq \
            --no-install-recommends "${missing[@]}"
    ) >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        rm -f "$log"
        fail "apt-get install failed: ${missing[*]}"
    fi
    rm -f "$log"
    say "installed"
}
