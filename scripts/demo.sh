#!/usr/bin/env bash
# demo.sh up|shell|down|status: the whole platform on a node with real pods (make demo, demo-shell, demo-down).
# DEMO_CONTEXT=<kubeconfig context> uses that cluster instead of a node; the images must be where it can pull them:
# tgs.local/NAME:1, made by scripts/build-images.sh, loaded with `kind load image-archive` and the like.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
SCRIPTS=$PROJECT/scripts
MANIFESTS=$PROJECT/deploy/demo
CONTEXT=${DEMO_CONTEXT:-}
NODE=("$SCRIPTS/node.sh" -d "$RUN/demo")
INSTALL=(broker tgs echo-python)
{ [ ! -d "$PROJECT/examples/echo-swift" ] || INSTALL+=(echo-swift); }

# kube ARGUMENT...: kubectl in the demo's cluster.
kube() {
    if [ -n "$CONTEXT" ]; then kubectl --context "$CONTEXT" "$@"; else "${NODE[@]}" exec kubectl "$@"; fi
}

# step TEXT COMMAND...: runs a command and says how long it took. Its output is shown when it fails.
step() {
    local text=$1 began output result=0
    shift
    began=$(date +%s%3N)
    printf '%-52s ' "$text"
    output=$("$@" 2>&1) || result=$?
    local took=$(($(date +%s%3N) - began))
    printf '%4d.%d s\n' $((took / 1000)) $((took % 1000 / 100))
    if [ $result != 0 ]; then
        printf '%s\n' "$output" >&2
        diagnose >&2
        fail "$text: failed; the demo stays up for a look (make demo-shell), make demo-down removes it"
    fi
}

# What one would look at first.
diagnose() {
    kube get pods --all-namespaces -o wide || true
    kube get events --all-namespaces --sort-by=.lastTimestamp 2>/dev/null | tail -n 15 || true
    local pod namespace
    kube get pods --all-namespaces --no-headers 2>/dev/null | awk '$4 != "Running" || $3 ~ /^0\// {print $1, $2}' |
        while read -r namespace pod; do
            printf -- '--- %s/%s\n' "$namespace" "$pod"
            kube -n "$namespace" logs --all-containers --tail=15 "$pod" </dev/null || true
        done
}

start_cluster() {
    if [ -n "$CONTEXT" ]; then
        step "cluster of the context $CONTEXT" kube version
        return
    fi
    local images
    images=$("$SCRIPTS/build-images.sh" --list pause "${INSTALL[@]}" | tr '\n' ' ')
    IMAGES=$images step "node up, images loaded" "${NODE[@]}" up
}

apply_manifests() {
    step "namespaces" kube apply -f "$MANIFESTS/namespaces.yaml"
    # Neither validated nor applied by the server: API servers before 1.23 do not know the rules in them, which they
    # then leave out of what they keep.
    step "custom resource definitions" kube apply --validate=false -f "$PROJECT/crds"
    step "definitions are served" kube wait --for=condition=Established --timeout=30s -f "$PROJECT/crds"
    step "broker" kube apply -f "$MANIFESTS/broker.yaml"
    step "broker is ready" kube -n tgs-system rollout status deployment/broker --timeout=90s
}

up() {
    # The longest step: it shows its own progress.
    "$SCRIPTS/build-images.sh" pause "${INSTALL[@]}"
    start_cluster
    apply_manifests
    say "the demo is up: make demo-shell to look around, make demo-down to remove it"
}

down() {
    if [ -n "$CONTEXT" ]; then
        kube delete --ignore-not-found -f "$MANIFESTS/namespaces.yaml"
        kube delete --ignore-not-found -f "$PROJECT/crds"
        return
    fi
    "${NODE[@]}" down
    as_root rm -rf "$RUN/demo"
    say "the demo is gone"
}

case ${1:-} in
up) up ;;
shell)
    [ -z "$CONTEXT" ] || fail "the demo runs in the context $CONTEXT: use kubectl --context $CONTEXT"
    "${NODE[@]}" shell
    ;;
status) kube get pods --all-namespaces -o wide ;;
down) down ;;
*) sed -n '2,/^set /{/^set /q;s/^# \{0,1\}//p}' "$0"; exit 2 ;;
esac
