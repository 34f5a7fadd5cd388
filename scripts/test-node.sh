#!/usr/bin/env bash
# test-node.sh: brings up a node of its own, runs Tests/NodeTests in it and takes it down. Logs stay in
# ${TGS_RUN_DIR:-.run}/node-test/log. KEEP=1 leaves the node up.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
NODE=("$PROJECT/scripts/node.sh" -d "$RUN/node-test")
NAMES=(pause test-server tools broker)

"$PROJECT/scripts/build-images.sh" "${NAMES[@]}"
"${NODE[@]}" down
[ -n "${KEEP:-}" ] || trap '"${NODE[@]}" down' EXIT
IMAGES=$("$PROJECT/scripts/build-images.sh" --list "${NAMES[@]}" | tr '\n' ' ')
export IMAGES
"${NODE[@]}" up
if ! timeout 600 "${NODE[@]}" exec "$CACHE/python/bin/python3" -B "$PROJECT/Tests/NodeTests/test_node.py"; then
    mkdir -p "$RUN/node-test/log"
    timeout 30 "${NODE[@]}" exec kubectl get pods,events --all-namespaces -o wide >"$RUN/node-test/log/objects.log" 2>&1 || true
    fail "the node's tests failed; logs: $RUN/node-test/log"
fi
say "the node's tests passed"
