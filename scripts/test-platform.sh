#!/usr/bin/env bash
# test-platform.sh [TEST...]: brings up a node of its own with the whole platform on it, as `make demo` does, runs
# Tests/NodeTests/test_platform.py in it and takes it down. TEST is as unittest takes it: WakeTests, or one test of it.
# Logs stay in ${TGS_RUN_DIR:-.run}/platform-test/log. KEEP=1 leaves the node up, and the next run uses it again.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
# shellcheck disable=SC2034 # this is read by platform.sh
HINT="logs: $RUN/platform-test/log"
NODE=("$PROJECT/scripts/node.sh" -d "$RUN/platform-test")
. "$PROJECT/scripts/lib/platform.sh"
NAMES=(broker tgs test-worker test-worker-next test-worker-broken)
# All tests together, should one of them hang in spite of its own limits.
LIMIT=900

# What the failure of a test may be found in; bots whose tests have ended are gone by then.
keep_objects() {
    local log=$RUN/platform-test/log part
    mkdir -p "$log"
    timeout 30 "${NODE[@]}" exec kubectl get pods,events --all-namespaces -o wide >"$log/objects.log" 2>&1 || true
    for part in broker simulator operator gateway; do
        timeout 30 "${NODE[@]}" exec kubectl -n tgs-system logs "deployment/$part" >"$log/tgs-$part.log" 2>&1 || true
    done
}

"$PROJECT/scripts/build-images.sh" pause "${NAMES[@]}"
if [ -z "${KEEP:-}" ]; then
    "${NODE[@]}" down
    trap 'keep_objects; "${NODE[@]}" down' EXIT
fi
start_node "${NAMES[@]}"
install_platform
# The people of these tests write faster than Telegram lets a bot answer.
step "no limits of Telegram's" kube -n tgs-system set env deployment/gateway \
    TGS_CHAT_MESSAGES_PER_SECOND=0 TGS_GROUP_MESSAGES_PER_MINUTE=0
step "gateway is ready again" kube -n tgs-system rollout status deployment/gateway --timeout=120s
timeout --kill-after=30 $LIMIT "${NODE[@]}" exec "$CACHE/python/bin/python3" -B \
    "$PROJECT/Tests/NodeTests/test_platform.py" "$@" || fail "the platform's tests failed; $HINT"
say "the platform's tests passed"
