#!/usr/bin/env bash
# check-binary.sh: builds tgs for release and checks that it is small and that no ICU was linked, which happens when
# anything imports Foundation instead of FoundationEssentials.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
LIMIT=30000000
STRIPPED=$("$PROJECT/scripts/build-release.sh" tgs)
BUILT=$(cd "$PROJECT" && swift build -c release --static-swift-stdlib --show-bin-path)/tgs
SIZE=$(stat -c %s "$STRIPPED")
say "tgs: $((SIZE / 1000)) kB stripped"
[ "$SIZE" -lt $LIMIT ] || fail "tgs has $SIZE bytes; the limit is $LIMIT"
SYMBOLS=$(nm --defined-only "$BUILT" 2>/dev/null | awk '{print $NF}')
# The check must be able to find something.
grep -q FoundationEssentials <<<"$SYMBOLS" || fail "no symbols could be read from $BUILT"
ICU=$(grep -cE '^(ucal_|ucol_|udat_|unum_|ubrk_|uloc_)|_FoundationICU|FoundationInternationalization' <<<"$SYMBOLS" || true)
[ "$ICU" = 0 ] || fail "tgs holds $ICU symbols of ICU: something imports Foundation"
say "tgs: no ICU"
