#!/usr/bin/env bash
# swift-test.sh ARGUMENT...: `swift test` on what is built already, with its logs kept when a test fails and nothing of
# the machine's proxies or kubeconfigs in its environment.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
cd "$PROJECT"
unset KUBECONFIG http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
export TGS_LOG_DIR=${TGS_LOG_DIR:-$RUN/logs}/test-$$
mkdir -p "$TGS_LOG_DIR"
RESULT=0
swift test --skip-build --disable-xctest "$@" || RESULT=$?
if [ $RESULT = 0 ]; then
    rm -rf "$TGS_LOG_DIR"
else
    echo "the servers' logs are in $TGS_LOG_DIR" >&2
fi
exit $RESULT
