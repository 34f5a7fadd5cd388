#!/usr/bin/env bash
# demo.sh up|shell|down|status: the whole platform on a node with real pods (make demo, demo-shell, demo-down).
# DEMO_CONTEXT=<kubeconfig context> uses that cluster instead of a node; the images must be where it can pull them:
# tgs.local/NAME:1, made by scripts/build-images.sh, loaded with `kind load image-archive` and the like.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
SCRIPTS=$PROJECT/scripts
# shellcheck disable=SC2034 # these are read by platform.sh
CONTEXT=${DEMO_CONTEXT:-} HINT="the demo stays up for a look (make demo-shell), make demo-down removes it"
NODE=("$SCRIPTS/node.sh" -d "$RUN/demo")
. "$PROJECT/scripts/lib/platform.sh"
PYTHON=$CACHE/python/bin/python3
INSTALL=(broker tgs echo-python)
{ [ ! -f "$PROJECT/examples/echo-swift/Package.swift" ] || INSTALL+=(echo-swift); }

start_cluster() {
    if [ -n "$CONTEXT" ]; then
        step "cluster of the context $CONTEXT" kube version
    else
        start_node "${INSTALL[@]}"
    fi
}

# control PATH JSON: a call of the simulator's control API, through the API server, which works from anywhere.
SIMULATOR=/api/v1/namespaces/tgs-system/services/simulator:control/proxy
control() { kube create --raw "$SIMULATOR$1" -f - <<<"$2"; }

# field NAME: a string or number of the JSON object on standard input.
field() { "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# apply_bot NAME: a bot at the simulator, its token in a Secret, its TelegramBot. The bot's number goes to .run.
apply_bot() {
    local name=$1 info
    info=$(control /bots "{\"username\":\"${name//-/_}_bot\"}")
    kube -n bots create secret generic "$name-token" --from-literal=token="$(field token <<<"$info")" \
        --dry-run=client -o yaml | kube apply -f -
    kube apply --validate=false -f "$PROJECT/examples/$name/bot.yaml"
    field id <<<"$info" >"$RUN/demo-$name.id"
}

# talk NAME: a person says hello to a bot and gets an answer.
talk() {
    local name=$1 bot began answer
    bot=$(cat "$RUN/demo-$name.id")
    began=$(date +%s%3N)
    control /messages "{\"bot\":$bot,\"user\":7,\"text\":\"Hello\"}" >/dev/null
    answer=$(kube get --raw "$SIMULATOR/sent?bot=$bot&wait=60&count=1") ||
        fail "no answer of $name could be read from the simulator"
    "$PYTHON" - "$name" "$answer" $(($(date +%s%3N) - began)) <<'PY'
import json, sys
name, answer, took = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
calls = answer if isinstance(answer, list) else answer.get("calls") or answer.get("sent") or []
if not calls:
    sys.exit(f"{name} did not answer within a minute: see kubectl describe telegrambot {name} -n bots")
print(f"  Ada  -> {name}: Hello")
for call in calls:
    print(f"  {name} -> Ada: {call['text']}    ({took} ms)")
PY
}

up() {
    # The longest step: it shows its own progress.
    "$SCRIPTS/build-images.sh" pause "${INSTALL[@]}"
    start_cluster
    install_platform
    control /users '{"id":7,"first_name":"Ada"}' >/dev/null
    local bots=() name
    for name in "${INSTALL[@]}"; do case $name in echo-*) bots+=("$name") ;; esac; done
    for name in "${bots[@]}"; do step "$name is applied" apply_bot "$name"; done
    for name in "${bots[@]}"; do
        step "$name is Ready" kube -n bots wait --for=condition=Ready --timeout=120s "telegrambot/$name"
    done
    printf '\n'
    kube get telegrambots --all-namespaces
    printf '\n'
    for name in "${bots[@]}"; do talk "$name" || { diagnose >&2; exit 1; }; done
    printf '\n'
    say "the demo is up: make demo-shell to look around, make demo-down to remove it"
}

down() {
    if [ -n "$CONTEXT" ]; then
        # Bots first: the operator takes back what it made for them.
        kube -n bots delete telegrambots --all --ignore-not-found --timeout=60s || true
        kube delete --ignore-not-found -f "$MANIFESTS/rbac.yaml" -f "$MANIFESTS/namespaces.yaml"
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
