#!/usr/bin/env bash
# swift-test.sh [--only REGEX] [--skip REGEX] [--filter REGEX] [-- SWIFT-TEST-ARGUMENT...]: runs what is built already, one
# test target after another, so that a target's servers have the machine for themselves.
#
#   --only, --skip   which test targets, by name
#   --filter         which tests in them, as swift test takes it
#
# Logs are kept when a test fails. Nothing of the machine's proxies and kubeconfigs is in the tests' environment.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
cd "$PROJECT"
ONLY=. SKIP='^$' FILTER=
while [ $# -gt 0 ]; do
    case $1 in
    --only) ONLY=$2 ;;
    --skip) SKIP=$2 ;;
    --filter) FILTER=$2 ;;
    --) shift; break ;;
    *) sed -n '2,/^set /{/^set /q;s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
    esac
    shift 2
done
unset KUBECONFIG http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
LOGS=${TGS_LOG_DIR:-$RUN/logs}/test-$$
export TGS_LOG_DIR=$LOGS
mkdir -p "$LOGS"
PASSED=0 FAILED=0 BROKEN=()

for folder in Tests/*Tests; do
    target=$(basename "$folder")
    [[ $target =~ $ONLY && ! $target =~ $SKIP ]] || continue
    output=$LOGS/$target.out
    result=0
    # Servers of several tests at once would take the machine from each other.
    width=()
    [[ ! $target =~ (IntegrationTests|TestRigTests|EndToEndTests)$ ]] || width=(--no-parallel)
    swift test --skip-build --disable-xctest --filter "^$target\\..*$FILTER" "${width[@]}" "$@" >"$output" 2>&1 || result=$?
    summary=$(grep -E '(✔|✘) Test run with [0-9]+ test' "$output" | tail -n 1 || true)
    count=$(sed -E 's/.*Test run with ([0-9]+) test.*/\1/' <<<"$summary")
    bad=$(grep -E '^✘ Test [^ ].* failed after' "$output" | grep -cv '^✘ Test run' || true)
    if [ $result != 0 ] && [ -n "$FILTER" ] && grep -q 'No matching test cases' "$output"; then continue; fi
    [[ $count =~ ^[0-9]+$ ]] || count=0
    if [ $result != 0 ]; then
        [ "$bad" != 0 ] || bad=1
        BROKEN+=("$target")
        { grep -E '✘ Test [^r]|error:|Fatal|SUMMARY' "$output" || tail -n 40 "$output"; } | cut -c1-2000 | tee -a "$LOGS/failures.txt"
    fi
    [ "$count" != 0 ] || [ $result != 0 ] || continue
    printf '%-36s %4d tests  %s\n' "$target" "$count" "$(sed -E 's/.* after ([0-9.]+ seconds).*/\1/' <<<"$summary")"
    FAILED=$((FAILED + bad))
    PASSED=$((PASSED + (count > bad ? count - bad : 0)))
done
if [ ${#BROKEN[@]} = 0 ]; then
    rm -rf "$LOGS"
else
    # Once more, in short, where the last line of a long output is looked for.
    cut -c1-300 "$LOGS/failures.txt" | grep -E 'recorded an issue|error:|Fatal|SUMMARY' | head -n 40 >&2 || true
    echo "failed: ${BROKEN[*]}; their output and the servers' logs are in $LOGS" >&2
fi
[ $((PASSED + FAILED)) != 0 ] || fail "no test matches"
echo "$PASSED passed, $FAILED failed"
[ ${#BROKEN[@]} = 0 ]
