#!/usr/bin/env bash
# test-alerts.sh [TEST...]: the alert rules of monitoring/ on made-up series by promtool, then each of them fired by a real
# Prometheus that watches real processes (Tests/OperationsTests). TGS names the program; without it the release build's is
# used. Logs of the servers go to ${TGS_LOG_DIR:-.run/logs}/alerts.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
export TGS_LOG_DIR=${TGS_LOG_DIR:-$RUN/logs}
# All tests together, should one of them hang in spite of its own limits.
LIMIT=900

TGS=${TGS:-$("$PROJECT/scripts/build-release.sh" tgs)}
export TGS
promtool check rules "$PROJECT/monitoring/rules.yaml"
promtool test rules "$PROJECT/monitoring/rules_test.yaml"
cd "$PROJECT/Tests/OperationsTests"
timeout --kill-after=30 $LIMIT /usr/bin/python3 -B test_alerts.py "$@"
say "the alerts' tests passed"
