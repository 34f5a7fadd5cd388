#!/usr/bin/env bash
# clean.sh: ends the nodes of this clone and removes .build* and .run.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
cd "$PROJECT"
"$PROJECT/scripts/node.sh" list | while read -r _ folder; do
    case $folder in
    "$RUN"/*) "$PROJECT/scripts/node.sh" -d "$folder" down ;;
    esac
done
rm -rf .build .build-* examples/*/.build
[ ! -d "$RUN" ] || as_root rm -rf "$RUN"
