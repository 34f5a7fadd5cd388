#!/usr/bin/env bash
# bench.sh [OPTION VALUE]...: builds the programs for release and measures them; Benchmarks/README.md explains the
# figures and the options. The figures go to .run/bench, too.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
cd "$PROJECT"
install_packages wrk nginx-light libmicrohttpd-dev gcc libc6-dev
mkdir -p "$RUN/bench"

say "building tgs and tgs-bench for release"
TGS=$(scripts/build-release.sh tgs)
BENCH=$(scripts/build-release.sh tgs-bench)
BARE=$RUN/bench/bare-mhd
cc -O2 -Wall -Wextra -Werror -o "$BARE" Benchmarks/bare-mhd/main.c -lmicrohttpd

BENCH_COMMIT=$(git describe --always --dirty=+ --exclude='*' 2>/dev/null || echo unknown)
export BENCH_COMMIT
# Servers die with the program; this is for their folders when it is interrupted.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
say "measuring (commit $BENCH_COMMIT)"
"$BENCH" --tgs "$TGS" --bare-mhd "$BARE" --json "$RUN/bench/$(date -u +%Y%m%dT%H%M%SZ).json" "$@"
