#!/usr/bin/env bash
# test-sanitizer.sh thread|address [--filter REGEX] [SWIFT-TEST-ARGUMENT...]: the unit tests under a sanitizer, in a build
# folder of its own (.build-thread, .build-address); all, or those whose names match.
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
SKIP='(IntegrationTests|TestRigTests|EndToEndTests|NodeTests)$'
case $SANITIZER in
thread)
    SKIP+='|^(KafkaClientTests|WorkerKitTests)$'
    export TSAN_OPTIONS="halt_on_error=0 second_deadlock_stack=1 exitcode=66"
    ;;
address)
    # Foundation's Process, which only tests use, keeps 32 bytes of each that it has run.
    printf 'leak:libXCTest.so\nleak:10Foundation7ProcessC3run\n' >"$LOGS/lsan.supp"
    export ASAN_OPTIONS="detect_leaks=1 detect_stack_use_after_return=0 exitcode=66"
    export LSAN_OPTIONS="suppressions=$LOGS/lsan.supp print_suppressions=0"
    ;;
*) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
FILTER=
if [ "${1:-}" = --filter ]; then
    FILTER=${2:?a regular expression is missing}
    shift 2
fi
FLAGS=(--sanitize "$SANITIZER" --scratch-path ".build-$SANITIZER" --explicit-target-dependency-import-check error)
swift build --build-tests "${FLAGS[@]}" >"$LOGS/build-$SANITIZER.log" 2>&1 || {
    grep -E 'error:' "$LOGS/build-$SANITIZER.log" >&2 || tail -n 30 "$LOGS/build-$SANITIZER.log" >&2
    fail "the build with the $SANITIZER sanitizer failed: $LOGS/build-$SANITIZER.log"
}
say "built"
# Target by target: tests that judge times need the machine for themselves.
RESULT=0
TOTAL=0
: >"$LOGS/test-$SANITIZER.log"
for folder in Tests/*Tests; do
    target=$(basename "$folder")
    [[ ! $target =~ $SKIP ]] || continue
    output=$LOGS/test-$SANITIZER-$target.log
    code=0
    # Some that crash are waited for without an end.
    timeout --kill-after=30 900 swift test --skip-build --disable-xctest "${FLAGS[@]}" \
        --filter "^$target\\..*$FILTER" "$@" >"$output" 2>&1 || code=$?
    if [ $code != 0 ] && [ -n "$FILTER" ] && grep -q 'No matching test cases' "$output"; then
        rm -f "$output"
        continue
    fi
    cat "$output" >>"$LOGS/test-$SANITIZER.log"
    summary=$(grep -E '(✔|✘) Test run with [0-9]+ test' "$output" | tail -n 1 || true)
    count=$(sed -E 's/.*Test run with ([0-9]+) test.*/\1/' <<<"$summary")
    [[ $count =~ ^[0-9]+$ ]] || count=0
    TOTAL=$((TOTAL + count))
    # A report does not always end the process with an error.
    if [ $code != 0 ] || grep -qE '(WARNING|ERROR|SUMMARY): (Thread|Address|Leak)Sanitizer' "$output"; then
        RESULT=1
        grep -E '✘ Test [^r]|error:|Fatal|(WARNING|ERROR|SUMMARY): ' "$output" | cut -c1-500 | sort -u | head -n 20 ||
            tail -n 30 "$output"
        echo "$target: findings in $output" >&2
    else
        rm -f "$output"
    fi
    [ "$count" = 0 ] || printf '%-36s %4d tests\n' "$target" "$count"
done
echo "$TOTAL tests with the $SANITIZER sanitizer"
[ $RESULT = 0 ] || fail "the $SANITIZER sanitizer has findings, or tests failed under it: $LOGS/test-$SANITIZER.log"
