# shellcheck shell=bash
# Sourced after common.sh: the platform on a cluster, as `make demo` and the tests with real pods have it.
# NODE (an array) is the command of the node's script; CONTEXT, when it is not empty, a kubeconfig's context instead.
CONTEXT=${CONTEXT:-}
MANIFESTS=$PROJECT/deploy/demo
# What is said when a step has failed.
HINT=${HINT:-}

# kube ARGUMENT...: kubectl in the cluster.
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
        fail "$text: failed${HINT:+; $HINT}"
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

# start_node IMAGE...: the node with these images of build-images.sh and that of the sandboxes, made before.
start_node() {
    local images
    images=$("$PROJECT/scripts/build-images.sh" --list pause "$@" | tr '\n' ' ')
    IMAGES=$images step "node up, images loaded" "${NODE[@]}" up
}

# install_platform: namespaces, definitions, broker, simulator, operator and gateway, all of them ready.
install_platform() {
    step "namespaces" kube apply -f "$MANIFESTS/namespaces.yaml"
    # API servers before 1.25 know no CEL rules: without --validate=false kubectl would refuse them there.
    step "custom resource definitions" kube apply --validate=false -f "$PROJECT/crds"
    step "definitions are served" kube wait --for=condition=Established --timeout=30s -f "$PROJECT/crds"
    step "broker, simulator" kube apply -f "$MANIFESTS/broker.yaml" -f "$MANIFESTS/simulator.yaml"
    step "operator, gateway" kube apply -f "$MANIFESTS/rbac.yaml" -f "$MANIFESTS/operator.yaml" -f "$MANIFESTS/gateway.yaml"
    local part
    for part in broker simulator operator gateway; do
        step "$part is ready" kube -n tgs-system rollout status "deployment/$part" --timeout=120s
    done
}
