#!/usr/bin/env bash
# test-sanitizer.sh thread|address [SWIFT-TEST-ARGUMENT...]: the unit tests under a sanitizer, in a build folder of its
# own (.build-thread, .build-address).
#
# Not under Thread Sanitizer: whatever runs librdkafka, because Debian's is built without it and its threads then crash
# the sanitizer's runtime.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
cd "$PROJECT"
SANITIZER=${1:-}
shift || true
LOGS=${TGS_LOG_DIR:-$RUN/logs}
mkdir -p "$LOGS"
SKIP=(--skip '(IntegrationTests|TestRigTests|EndToEndTests)')
case $SANITIZER in
thread)
    SKIP+=(--skip '^(KafkaClientTests|WorkerKitTests)\.')
    export TSAN_OPTIONS="halt_on_error=0 second_deadlock_stack=1 exitcode=66"
    ;;
address)
    printf 'leak:libXCTest.so\n' >"$LOGS/lsan.supp"
    export ASAN_OPTIONS="detect_leaks=1 detect_stack_use_after_return=0 exitcode=66"
    export LSAN_OPTIONS="suppressions=$LOGS/lsan.supp print_suppressions=0"
    ;;
*) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
FLAGS=(--sanitize "$SANITIZER" --scratch-path ".build-$SANITIZER" --explicit-target-dependency-import-check error)
swift build --build-tests "${FLAGS[@]}" >"$LOGS/build-$SANITIZER.log" 2>&1 || {
    grep -E 'error:' "$LOGS/build-$SANITIZER.log" >&2 || tail -n 30 "$LOGS/build-$SANITIZER.log" >&2
    fail "the build with the $SANITIZER sanitizer failed: $LOGS/build-$SANITIZER.log"
}
say "built"
RESULT=0
swift test --skip-build --disable-xctest "${FLAGS[@]}" "${SKIP[@]}" "$@" 2>&1 | tee "$LOGS/test-$SANITIZER.log" |
    grep -vE '^[◇↳]|^✔ (Test [^r]|Suite)' || RESULT=$?
# A report does not always end the process with an error.
if grep -qE '(WARNING|ERROR|SUMMARY): (Thread|Address|Leak)Sanitizer' "$LOGS/test-$SANITIZER.log"; then
    fail "the $SANITIZER sanitizer has findings: $LOGS/test-$SANITIZER.log"
fi
exit $RESULT
