#!/usr/bin/env bash
# build-images.sh [--list] NAME...: container images as docker-archives in ${TGS_RUN_DIR:-.run}/images/NAME.tar, made
# without a registry and without Docker. An image is made again only when what goes into it has changed.
#
#   pause         PID 1 of pods' sandboxes
#   test-server   shows what the kubelet does to a container (tests)
#   tools         bash and curl (tests)
#   broker        the Kafka-protocol broker of tests and demo, port 9092
#   tgs           the platform's program
#   echo-python   the example bot of examples/echo-python
#   echo-swift    the example bot of examples/echo-swift
#   test-worker, test-worker-next, test-worker-broken
#                 releases of a bot for tests: that of echo-python, saying which release it is; the last one ends at once
#
# Images are called tgs.local/NAME:1; --list prints the files' paths and makes nothing.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
SCRIPTS=$PROJECT/scripts
IMAGES=$RUN/images
MAKE_IMAGE=$SCRIPTS/make-image.py
PYTHON=$CACHE/python/bin/python3
CERTIFICATES=/etc/ssl/certs/ca-certificates.crt

# Programs that open a user database or resolve names look into these.
base_files() {
    mkdir -p "$IMAGES/base"
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n' >"$IMAGES/base/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$IMAGES/base/group"
    printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$IMAGES/base/nsswitch.conf"
    local file
    for file in passwd group nsswitch.conf; do printf '%s\n' --add "$IMAGES/base/$file:/etc/$file"; done
    [ ! -f "$CERTIFICATES" ] || printf '%s\n' --add "$CERTIFICATES:/etc/ssl/certs/ca-certificates.crt"
}

# changed NAME FILE...: whether the image is missing or was made from other contents; keeps the new contents' hash for
# made(). Shared objects count by the system's package state.
KEY=
changed() {
    local name=$1
    shift
    KEY=$({
        sha256sum "$@" "$MAKE_IMAGE" "$SCRIPTS/build-images.sh"
        stat -c '%n %s %Y' /etc/ld.so.cache
    } | sha256sum | cut -d' ' -f1)
    [ ! -f "$IMAGES/$name.tar" ] || [ "$(cat "$IMAGES/$name.key" 2>/dev/null)" != "$KEY" ]
}
# make_image NAME ARGUMENT...: as make-image.py takes them.
make_image() {
    local name=$1
    shift
    say "image $("$MAKE_IMAGE" "$IMAGES/$name.tar" "tgs.local/$name:1" "$@")"
    echo "$KEY" >"$IMAGES/$name.key"
}

# compile NAME FLAG...: a static C program of scripts/images.
compile() {
    local name=$1
    shift
    gcc -O2 -Wall -Wextra -Werror -static "$@" -o "$IMAGES/$name.bin" "$SCRIPTS/images/$name.c"
    strip "$IMAGES/$name.bin"
}

image_pause() {
    changed pause "$SCRIPTS/images/pause.c" || return 0
    compile pause
    make_image pause --add "$IMAGES/pause.bin:/pause" --user 65534:65534 --entrypoint /pause
}

image_test-server() {
    changed test-server "$SCRIPTS/images/test-server.c" || return 0
    compile test-server -pthread
    make_image test-server --add "$IMAGES/test-server.bin:/test-server" --entrypoint /test-server
}

image_tools() {
    changed tools /bin/bash /usr/bin/curl || return 0
    local base
    mapfile -t base < <(base_files)
    make_image tools --libs "${base[@]}" --add /bin/bash --add /bin/bash:/bin/sh --add /bin/sleep --add /bin/cat \
        --add /usr/bin/curl --add /usr/bin/getent --entrypoint /bin/bash
}

image_broker() {
    local program base
    # The package's own program: its launcher would orphan it on SIGTERM.
    program=$("$PYTHON" -c 'import noida_db,os;print(os.path.dirname(noida_db.__file__))')/noida-db ||
        fail "the Python package noida-db is missing: run make deps"
    changed broker "$program" || return 0
    mapfile -t base < <(base_files)
    make_image broker --libs "${base[@]}" --add "$program:/usr/bin/noida-db" \
        --entrypoint /usr/bin/noida-db start --only kafka --kafka-port 9092 --data-dir /tmp/broker
}

image_tgs() {
    local program base
    say "building tgs (release)"
    program=$("$SCRIPTS/build-release.sh" tgs)
    changed tgs "$program" || return 0
    mapfile -t base < <(base_files)
    make_image tgs --libs "${base[@]}" --add "$program:/usr/bin/tgs" --user 65534:65534 --entrypoint /usr/bin/tgs
}

# python_root: the root file system that Python bots stand on, made when it is missing; its path goes to ROOT.
ROOT=
python_root() {
    local requirements=$PROJECT/examples/echo-python/requirements.txt key
    local packages=(python3-minimal libpython3.11-stdlib zlib1g)
    # Debian's Python and the requirements: slow to fetch, the same for every clone.
    key=$({ sha256sum <"$requirements"; sha256sum <"$SCRIPTS/make-rootfs.sh"; echo "${packages[*]}"; } |
        sha256sum | cut -c1-16)
    ROOT=$CACHE/rootfs/echo-python-$key
    [ ! -f "$ROOT.complete" ] || return 0
    say "fetching Debian's Python and $(grep -cve '^#' -e '^$' "$requirements") Python packages"
    "$SCRIPTS/make-rootfs.sh" "$ROOT" "${packages[@]}"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-compile --only-binary :all: \
        --target "$ROOT/usr/lib/python3/dist-packages" --requirement "$requirements" ||
        fail "pip could not install what $requirements names"
    touch "$ROOT.complete"
}

# make_python_image NAME ARGUMENT...: with the files of echo-python in /app.
make_python_image() {
    local name=$1 files=() file
    shift
    for file in "$PROJECT"/examples/echo-python/*.py; do files+=(--add "$file:/app/$(basename "$file")"); done
    make_image "$name" --rootfs "$ROOT" "${files[@]}" --env PYTHONUNBUFFERED=1 \
        --env PYTHONDONTWRITEBYTECODE=1 --user 65534:65534 --workdir /app "$@"
}

image_echo-python() {
    local source=$PROJECT/examples/echo-python
    python_root
    changed echo-python "$ROOT.complete" "$source"/*.py "$source/requirements.txt" || return 0
    make_python_image echo-python --entrypoint /usr/bin/python3 /app/main.py
}

# One layer for all: they differ in a variable.
test_worker() {
    local name=$1 release=$2 program=$PROJECT/Tests/NodeTests/worker.py
    python_root
    changed "$name" "$ROOT.complete" "$PROJECT"/examples/echo-python/*.py "$program" || return 0
    make_python_image "$name" --add "$program:/app/worker.py" --env "RELEASE=$release" \
        --entrypoint /usr/bin/python3 /app/worker.py
}
image_test-worker() { test_worker test-worker first; }
image_test-worker-next() { test_worker test-worker-next next; }
image_test-worker-broken() { test_worker test-worker-broken broken; }

image_echo-swift() {
    local program base folder=$PROJECT
    # An example of its own package, or a product of this one.
    [ ! -f "$PROJECT/examples/echo-swift/Package.swift" ] || folder=$PROJECT/examples/echo-swift
    say "building echo-swift (release)"
    program=$("$SCRIPTS/build-release.sh" echo-swift "$folder")
    changed echo-swift "$program" || return 0
    mapfile -t base < <(base_files)
    make_image echo-swift --libs "${base[@]}" --add "$program:/usr/bin/echo-swift" --user 65534:65534 \
        --entrypoint /usr/bin/echo-swift
}

LIST=false
if [ "${1:-}" = --list ]; then
    LIST=true
    shift
fi
[ $# -gt 0 ] || { sed -n '2,/^set /{/^set /q;s/^# \{0,1\}//p}' "$0"; exit 2; }
mkdir -p "$IMAGES"
for name in "$@"; do
    declare -F "image_$name" >/dev/null || fail "no image is called $name: see build-images.sh without arguments"
    if $LIST; then echo "$IMAGES/$name.tar"; else "image_$name"; fi
done
