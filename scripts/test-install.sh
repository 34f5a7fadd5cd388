#!/usr/bin/env bash
# test-install.sh [TEST...]: the Helm chart and the plain manifests against an API server that checks rights: every value,
# installation, upgrade, rollback, removal, and the operator with the rights that the chart gives it. TEST is as unittest takes
# it: test_rights, or test_rights.RightsTests. Needs no root. Logs of a failed run stay in ${TGS_LOG_DIR:-.run/logs}/install.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
export TGS_LOG_DIR=${TGS_LOG_DIR:-$RUN/logs}
# All tests together, should one of them hang in spite of its own limits.
LIMIT=600

TGS_PROGRAM=${TGS_PROGRAM:-$("$PROJECT/scripts/build-release.sh" tgs)}
export TGS_PROGRAM
timeout --kill-after=30 $LIMIT /usr/bin/python3 -B "$PROJECT/Tests/InstallTests/run.py" "$@" ||
    fail "the tests of the installation failed; logs: $TGS_LOG_DIR/install"
say "the tests of the installation passed"
