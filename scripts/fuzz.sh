#!/usr/bin/env bash
# fuzz.sh [--short] [TARGET...]: libFuzzer on what reads strangers' bytes: scanner, webhook, envelope (all unless given).
#
#   --short          10 s a target at the most, with a fixed seed and number of runs: what `make test` does
#   FUZZ_SECONDS     how much processor time each target gets otherwise (600)
#   TGS_UPDATES      a folder with more updates to begin with
#
# The fuzzers are built into .build-fuzz, without SwiftPM: only the files that they run. What they learn stays in
# .run/fuzz/<target>; so does each input that is a finding.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
cd "$PROJECT"
shopt -s nullglob
BUILD=.build-fuzz
FOUND=$RUN/fuzz
LOGS=${TGS_LOG_DIR:-$RUN/logs}
SECONDS_EACH=${FUZZ_SECONDS:-600}
SHORT=
if [ "${1:-}" = --short ]; then
    SHORT=1
    shift
fi
TARGETS=("$@")
[ $# -gt 0 ] || TARGETS=(scanner webhook envelope)
for target in "${TARGETS[@]}"; do
    [[ $target =~ ^(scanner|webhook|envelope)$ ]] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
done
mkdir -p "$BUILD" "$FOUND" "$LOGS"
LOG=$LOGS/build-fuzz.log
TOOLS=$(dirname "$(readlink -f "$(command -v swift)")")

CXX_FLAGS=(-std=c++17 -g -O1 -Wall -Wextra -Werror -fno-omit-frame-pointer -ISources/CUpdateScanner/include
    -ISources/CLeafDigest/include)
# lld: Debian's gold breaks on sanitized Swift.
# shellcheck disable=SC2054 # the comma is the compiler's
SWIFT_FLAGS=(-swift-version 6 -package-name telegram_serverless -parse-as-library -g -O -wmo -enable-testing
    -sanitize=fuzzer,address -use-ld=lld -I "$BUILD" -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature ExistentialAny
    -enable-upcoming-feature NonisolatedNonsendingByDefault -enable-upcoming-feature InferIsolatedConformances)
# What everything built so far was built from: a module is stale when it or one before it is.
CHAIN=$(swift --version 2>/dev/null | head -n 1)

# unless_built OUTPUT FILE... -- COMMAND...: runs the command unless the output is there and made of the same.
unless_built() {
    local output=$1 files=() stamp
    shift
    while [ "$1" != -- ]; do files+=("$1"); shift; done
    shift
    stamp=$(printf '%s\n' "$CHAIN" "$*" | cat - "${files[@]}" | sha256sum)
    CHAIN=$stamp
    if [ -e "$output" ] && [ "$(cat "$output.stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
    rm -f "$output.stamp"
    "$@" >"$LOG" 2>&1 || {
        grep -E 'error:' "$LOG" | head -n 20 >&2 || tail -n 20 "$LOG" >&2
        fail "the fuzzers do not build: $LOG" "a module or file that is new to them is named in scripts/fuzz.sh"
    }
    echo "$stamp" >"$output.stamp"
}

build_scanner() {
    local sources=(Tests/Fuzz/Scanner/*.cpp Sources/CUpdateScanner/CUpdateScanner.cpp)
    CHAIN=scanner unless_built "$BUILD/scanner" "${sources[@]}" Tests/Fuzz/Scanner/*.hpp \
        Sources/CUpdateScanner/include/*.h -- "$TOOLS/clang++" "${CXX_FLAGS[@]}" -fuse-ld=lld \
        -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined "${sources[@]}" -lsimdjson -o "$BUILD/scanner"
}

# c_module NAME: lets Swift import the headers of a C target.
c_module() {
    local map=$BUILD/maps/$1.modulemap
    mkdir -p "$BUILD/maps"
    echo "module $1 { header \"$PROJECT/Sources/$1/include/$1.h\" export * }" >"$map.new"
    cmp -s "$map.new" "$map" || mv "$map.new" "$map"
    rm -f "$map.new"
    SWIFT_FLAGS+=(-Xcc "-fmodule-map-file=$map" -Xcc "-I$PROJECT/Sources/$1/include")
}

OBJECTS=()
# module NAME FILE...: compiles files into one object with its interface, in the order of imports.
module() {
    local name=$1
    shift
    unless_built "$BUILD/$name.o" "$@" -- swiftc "${SWIFT_FLAGS[@]}" -emit-module \
        -emit-module-path "$BUILD/$name.swiftmodule" -module-name "$name" -c "$@" -o "$BUILD/$name.o"
    OBJECTS+=("$BUILD/$name.o")
}

# cxx NAME FILE...: compiles one C or C++ source; the files behind it are what it includes.
cxx() {
    local object=$BUILD/$1.o
    shift
    unless_built "$object" "$@" -- "$TOOLS/clang++" "${CXX_FLAGS[@]}" -fsanitize=fuzzer-no-link,address -c "$1" -o "$object"
    OBJECTS+=("$object")
}

# Of the larger modules those files that the webhook and the envelopes need, so that this takes seconds.
build_modules() {
    c_module COpenSSL
    c_module CLeafDigest
    c_module CUpdateScanner
    c_module CMicrohttpd
    cxx CUpdateScanner Sources/CUpdateScanner/CUpdateScanner.cpp Sources/CUpdateScanner/include/*.h
    cxx CLeafDigest Sources/CLeafDigest/CLeafDigest.cpp Sources/CLeafDigest/include/*.h
    module Concurrency Sources/Concurrency/*.swift
    module JSON Sources/JSON/*.swift
    module Observability Sources/Observability/*.swift
    module Cryptography Sources/Cryptography/ConstantTime.swift
    module HTTPTypes Sources/HTTPTypes/*.swift
    module HTTPServer Sources/HTTPServer/{HTTPServerBody,HTTPServerRequest,HTTPServerResponse,PreparedAnswer,RequestTarget}.swift
    module KafkaClient Sources/KafkaClient/Values/{KafkaError,KafkaMessage,KafkaRecord,TopicPartition}.swift
    module KubernetesTypes Sources/KubernetesTypes/*.swift
    module TelegramBotAPI Sources/TelegramBotAPI/Update/*.swift Sources/TelegramBotAPI/Limits/*.swift \
        Sources/TelegramBotAPI/Errors/{RetryClass,RetryClass+Methods}.swift
    module PlatformAPI Sources/PlatformAPI/*.swift
    module Tracing Sources/Tracing/{RandomNumbers,Span,SpanContext,Tracer}.swift
    module Gateway Sources/Gateway/GatewayMetrics.swift Sources/Gateway/AccessLog/*.swift Sources/Gateway/Metrics/{BotMetrics,BotSeats}.swift \
        Sources/Gateway/Bindings/{BindingDirectory,CarriedBot}.swift \
        Sources/Gateway/Webhook/*.swift Sources/Gateway/Intake/{FirstSightings,IncomingUpdate,IntakeResult,TraceParent,UpdateIntake}.swift \
        Sources/Gateway/Duplicates/{SeenUpdates,SharedUpdates,DuplicateFilter}.swift \
        Sources/Gateway/Outgoing/{OutgoingItem,OutgoingOrder}.swift
}

# swift_fuzzer NAME FOLDER
swift_fuzzer() {
    local sources=(Tests/Fuzz/Support/*.swift "Tests/Fuzz/$2"/*.swift)
    CHAIN="$CHAIN" unless_built "$BUILD/$1" "${sources[@]}" -- swiftc "${SWIFT_FLAGS[@]}" -module-name "${2}Fuzzer" \
        "${sources[@]}" "${OBJECTS[@]}" -lsimdjson -lcrypto -lmicrohttpd -lstdc++ -o "$BUILD/$1"
}

# fuzz TARGET: runs it, and says how far it came or what it found.
fuzz() {
    local target=$1 log=$LOGS/fuzz-$1.log seconds corpora=("Tests/Fuzz/Corpus/$1") spent=0 executions=0 TIMEFORMAT='%U %S'
    # A time-out is by the clock, and the machine may be busy.
    local options=(-dict=Tests/Fuzz/telegram.dict -max_len=4096 -timeout=300 -rss_limit_mb=2048 -print_final_stats=1
        "-artifact_prefix=$FOUND/$target-")
    if [ -n "$SHORT" ]; then
        options+=(-seed=1 "-runs=$([ "$target" = scanner ] && echo 200000 || echo 20000)")
        # Nothing is kept: the next short run is the same.
        corpora=("$(mktemp -d)" "${corpora[@]}")
    else
        mkdir -p "$FOUND/$target"
        corpora=("$FOUND/$target" "${corpora[@]}")
        [ ! -d "${TGS_UPDATES:-}" ] || corpora+=("$TGS_UPDATES")
    fi
    while :; do
        seconds=$((SECONDS_EACH - spent))
        [ $seconds -ge 5 ] || seconds=5
        [ -z "$SHORT" ] || seconds=10
        local times result=0
        times=$({ time "$BUILD/$target" "${options[@]}" "-max_total_time=$seconds" "${corpora[@]}" >"$log" 2>&1; } 2>&1) || result=$?
        executions=$((executions + $(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1 | grep . || echo 0)))
        spent=$((spent + $(awk '{ printf "%d", $1 + $2 }' <<<"$times")))
        if [ $result != 0 ]; then
            grep -E 'FINDING|ERROR:|SUMMARY:|runtime error' "$log" | cut -c1-500 >&2 || tail -n 20 "$log" | cut -c1-300 >&2
            local input
            input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
            fail "$target: a finding: ${input:-see $log}" "again: $BUILD/$target ${input:-}" "log: $log"
        fi
        # On a busy machine a second is less than one of the processor's.
        if [ -n "$SHORT" ] || [ $spent -ge "$SECONDS_EACH" ]; then break; fi
    done
    [ -z "$SHORT" ] || rm -rf "${corpora[0]}"
    printf '%-9s %10d executions  coverage %5s  %4d s of processor time, no finding\n' "$target" "$executions" \
        "$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | cut -d' ' -f2)" "$spent"
}

[[ ! " ${TARGETS[*]} " = *" scanner "* ]] || build_scanner
if [[ " ${TARGETS[*]} " =~ \ (webhook|envelope)\  ]]; then
    build_modules
    [[ ! " ${TARGETS[*]} " = *" webhook "* ]] || swift_fuzzer webhook Webhook
    [[ ! " ${TARGETS[*]} " = *" envelope "* ]] || swift_fuzzer envelope Envelope
fi
say "built"
# Leaks are looked for by make test-asan. A small quarantine: freed memory of some thousand runs is enough.
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=32
for target in "${TARGETS[@]}"; do fuzz "$target"; done
