#!/usr/bin/env bash
# build-release.sh PRODUCT [PACKAGE-FOLDER]: an optimized, stripped program with Swift's libraries in it, at
# .build/stripped/PRODUCT. Prints nothing but that path and the compiler's complaints.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
PRODUCT=${1:?a product is missing}
FOLDER=${2:-$PROJECT}
LOG=$RUN/logs/build-release-$PRODUCT.log
mkdir -p "$RUN/logs" "$PROJECT/.build/stripped"
FLAGS=(-c release --static-swift-stdlib --package-path "$FOLDER" --product "$PRODUCT" -j "$(nproc)"
    --explicit-target-dependency-import-check error)
swift build "${FLAGS[@]}" >"$LOG" 2>&1 || {
    grep -E 'error:|warning:' "$LOG" >&2 || tail -n 30 "$LOG" >&2
    fail "the release build of $PRODUCT failed: $LOG"
}
BUILT=$(swift build "${FLAGS[@]}" --show-bin-path 2>/dev/null)/$PRODUCT
STRIPPED=$PROJECT/.build/stripped/$PRODUCT
# Only when it is another one, so that what is made of it is not made again.
if [ ! -f "$STRIPPED" ] || [ "$BUILT" -nt "$STRIPPED" ]; then
    strip -o "$STRIPPED.new" "$BUILT"
    mv -f "$STRIPPED.new" "$STRIPPED"
fi
echo "$STRIPPED"
