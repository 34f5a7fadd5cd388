#!/usr/bin/env bash
# test-backup.sh: an installation loses its cluster and is made again from a backup (Tests/OperationsTests/test_backup.py). TGS
# names the program; without it the release build's is used.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
# All tests together, should one of them hang in spite of its own limits.
LIMIT=600

TGS=${TGS:-$("$PROJECT/scripts/build-release.sh" tgs)}
export TGS
cd "$PROJECT/Tests/OperationsTests"
timeout --kill-after=30 $LIMIT /usr/bin/python3 -B test_backup.py "$@"
say "the backup's tests passed"
