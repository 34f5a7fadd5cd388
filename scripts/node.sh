#!/usr/bin/env bash
# node.sh [-d DIR] COMMAND: a one-node Kubernetes 1.20.2 with real pods, in namespaces of its own: no port of the
# machine is used, nothing of the machine's network is seen, and nothing stays when it is gone. Needs root.
#
#   up                    start it (when it is not up), wait until pods can run; the state goes to DIR
#   down                  end it and remove everything but its logs (DIR/log)
#   status                components, node and pods; ends with 1 when the node is down
#   exec COMMAND...       run a command inside: KUBECONFIG set, pods and Services can be reached
#   shell                 a shell inside
#   load-image TAR...     import images made by make-image.py
#   logs [COMPONENT]      the log of init, etcd, apiserver, kcm, scheduler, containerd, kubelet, proxy or dns;
#                         without a name, the last lines of each
#   list                  the nodes of this machine
#
# DIR is ${TGS_RUN_DIR:-.run}/node when it is not given; each DIR is a node of its own.
# IMAGES="A.tar B.tar" are imported by `up`.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
SCRIPTS=$PROJECT/scripts

DIR=$RUN/node
if [ "${1:-}" = -d ]; then
    DIR=${2:?-d needs a folder}
    shift 2
fi
DIR=$(realpath -m "$DIR")
COMMAND=${1:-help}
[ $# = 0 ] || shift
# One cgroup of our own in every hierarchy, its name unique for the folder.
CGROUP=tgs-node-$(printf %s "$DIR" | sha256sum | cut -c1-8)

# The process id of the namespaces' PID 1, as seen from here; nothing when the node is down.
node_pid() {
    local pid
    pid=$(cat "$DIR/pid" 2>/dev/null) || return 1
    is_node "$pid" "$DIR" && echo "$pid"
}

# is_node PID DIR: whether that process is PID 1 of the node in DIR (numbers are used again, command lines are not).
is_node() {
    tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | grep -qxF -- "$2" &&
        tr '\0' '\n' <"/proc/$1/cmdline" | grep -q 'node/init\.sh$'
}

# Calls itself again as root.
need_root() {
    [ "$(id -u)" != 0 ] || return 0
    sudo -n true 2>/dev/null || fail "the node needs root (namespaces, containers): run this as root or with sudo"
    exec sudo -n env "TGS_CACHE_DIR=$CACHE" "TGS_RUN_DIR=$RUN" "IMAGES=${IMAGES:-}" "$SCRIPTS/node.sh" -d "$DIR" \
        "$COMMAND" "$@"
}

remove_cgroups() {
    local hierarchy attempt left
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        left=false
        for hierarchy in /sys/fs/cgroup/ /sys/fs/cgroup/*/; do
            [ -d "$hierarchy$CGROUP" ] || continue
            find "$hierarchy$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null || true
            [ ! -d "$hierarchy$CGROUP" ] || left=true
        done
        $left || return 0
        sleep 0.2
    done
    echo "warning: the cgroup $CGROUP could not be removed (after $attempt attempts)" >&2
}

# Empty folders that were made as mount points outside DIR, unless another node stands on them.
remove_mount_points() {
    [ -f "$DIR/made-folders" ] || return 0
    if [ -z "$(list)" ]; then
        local folder
        while read -r folder; do rmdir "$folder" 2>/dev/null || true; done <"$DIR/made-folders"
    fi
}

list() {
    local file pid dir
    for file in /proc/[0-9]*/cmdline; do
        pid=${file#/proc/}
        pid=${pid%/cmdline}
        # The namespaces' PID 1 only, not unshare, which has the same words behind it.
        dir=$(tr '\0' '\n' 2>/dev/null <"$file" | sed -n '1{/bash$/!q};2{/scripts\/node\/init\.sh$/!q};3p') || continue
        [ -z "$dir" ] || echo "$pid $dir"
    done
}

down() {
    local pid
    if pid=$(node_pid); then
        kill -KILL "$pid" # PID 1 of the namespace: the kernel kills all the rest with it
        while [ -e "/proc/$pid" ]; do sleep 0.05; done
    fi
    remove_cgroups
    remove_mount_points
    if [ -f "$DIR/.tgs-node" ]; then
        find "$DIR" -mindepth 1 -maxdepth 1 ! -name log ! -name .tgs-node -exec rm -rf {} +
    fi
}

# Prints what is new in node/init.sh's log.
PRINTED=0
progress() {
    local lines
    lines=$(grep -c '' "$DIR/log/init.log" 2>/dev/null) || lines=0
    [ "$lines" -le "$PRINTED" ] || tail -n "+$((PRINTED + 1))" "$DIR/log/init.log" | head -n "$((lines - PRINTED))"
    PRINTED=$lines
}

up() {
    if node_pid >/dev/null && [ -f "$DIR/ready" ]; then
        say "the node in $DIR is up already"
        [ -z "${IMAGES:-}" ] || load_image
        return
    fi
    local program
    for program in containerd runc etcd iptables ip openssl curl nsenter unshare; do
        PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || fail "$program is missing: run make deps-node"
    done
    [ -x "$KUBERNETES/bin/kubelet" ] || fail "the control plane is missing: run make control-plane"
    if [ -d "$DIR" ] && [ ! -f "$DIR/.tgs-node" ] && [ -n "$(ls -A "$DIR")" ]; then
        fail "$DIR is not empty and holds no node: give another folder"
    fi
    down
    rm -rf "$DIR/log"
    mkdir -p "$DIR/log"
    touch "$DIR/.tgs-node"
    say "starting a node in $DIR"
    local python=$CACHE/python/bin/python3 kubectl=$CACHE/python/bin/kubectl
    [ -x "$python" ] || python=$(command -v python3)
    [ -x "$kubectl" ] || kubectl=$(command -v kubectl) || fail "kubectl is missing: run make deps"
    # Modules that a kernel may have and not have loaded; where they are built in, or cannot be loaded from here,
    # what follows shows it.
    local module
    for module in overlay nf_nat xt_MASQUERADE xt_comment xt_conntrack xt_mark veth bridge; do
        modprobe -q "$module" 2>/dev/null || true
    done
    # --kill-child: the node dies with unshare, unshare (of a session of its own) only by `down` or a reboot.
    env -i PATH="/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin" HOME=/root LANG=C.UTF-8 \
        BIN="$KUBERNETES/bin" CGROUP="$CGROUP" IMAGES="${IMAGES:-}" KUBECTL="$kubectl" PYTHON="$python" \
        setsid unshare --mount --net --pid --ipc --uts --fork --kill-child --mount-proc \
        /bin/bash "$SCRIPTS/node/init.sh" "$DIR" >"$DIR/log/init.log" 2>&1 </dev/null 9>&- &
    local unshare=$! child deadline=$(($(date +%s) + 180))
    while :; do
        # init.sh is unshare's only child; setsid and unshare are one process by exec.
        child=$(cat "/proc/$unshare/task/$unshare/children" 2>/dev/null) || child=
        child=${child%% *}
        if [ -n "$child" ] && is_node "$child" "$DIR"; then
            echo "$child" >"$DIR/pid"
            break
        fi
        kill -0 "$unshare" 2>/dev/null || { cat "$DIR/log/init.log" >&2; fail "no namespaces: see above"; }
        sleep 0.05
    done
    until [ -f "$DIR/ready" ]; do
        progress
        if ! kill -0 "$unshare" 2>/dev/null; then
            progress
            fail "the node did not come up: see above and $DIR/log"
        fi
        if [ "$(date +%s)" -ge "$deadline" ]; then
            logs >&2
            fail "the node was not ready in 180 s: see above and $DIR/log"
        fi
        sleep 0.1
    done
    progress
    say "node is up"
}

enter() {
    local pid
    pid=$(node_pid) || fail "no node is up in $DIR: node.sh up"
    exec nsenter --target "$pid" --net --mount --uts --ipc --pid --wdns="$PWD" env KUBECONFIG="$DIR/admin.kubeconfig" \
        CONTAINERD_NAMESPACE=k8s.io PATH="$DIR/bin:$CACHE/python/bin:$PATH:/usr/sbin:/sbin" "$@"
}

load_image() {
    local tar
    for tar in ${IMAGES:-} "$@"; do
        tar=$(realpath "$tar")
        (enter ctr images import "$tar") >/dev/null || fail "could not import $tar"
        say "loaded $(basename "$tar" .tar)"
    done
}

logs() {
    local file
    if [ $# -gt 0 ]; then
        [ -f "$DIR/log/$1.log" ] || fail "no log of $1 in $DIR/log"
        cat "$DIR/log/$1.log"
        return
    fi
    for file in "$DIR"/log/*.log; do
        printf '==> %s\n' "$file"
        tail -n 12 "$file" | cut -c1-400
    done
}

status() {
    local pid file name component
    pid=$(node_pid) || { echo "down ($DIR)"; return 1; }
    echo "up ($DIR, process $pid)"
    for file in "$DIR"/log/*.pid; do
        name=$(basename "$file" .pid)
        # Process ids of the namespace, told apart by its /proc.
        component=running
        (enter test -d "/proc/$(cat "$file")") || component="ENDED, see node.sh logs $name"
        printf '  %-12s %s\n' "$name" "$component"
    done
    (enter kubectl get nodes,pods --all-namespaces -o wide)
}

case $COMMAND in
up) need_root; up ;;
down) need_root; down ;;
status) need_root; status ;;
exec) need_root "$@"; enter "$@" ;;
shell)
    need_root
    echo "A shell in the node: kubectl, curl to pods and Services, crictl-free ctr. Leave it with exit."
    enter "${SHELL:-/bin/bash}"
    ;;
load-image) need_root "$@"; load_image "$@" ;;
logs) logs "$@" ;;
list) list ;;
*) sed -n '2,/^set /{/^set /q;s/^# \{0,1\}//p}' "$0"; exit 2 ;;
esac
