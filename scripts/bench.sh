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

# Prints the interpreter of the peer's environment, which is made when the part that needs it is asked for.
peer_python() {
    local environment=$CACHE/peers/fastapi-aiokafka requirements=Benchmarks/peers/fastapi-aiokafka/requirements.txt
    if ! cmp -s "$requirements" "$environment/.stamp" || ! "$environment/bin/python3" -c '' 2>/dev/null; then
        say "installing the peer's Python packages into $environment" >&2
        mkdir -p "$CACHE/peers"
        exec 9>"$CACHE/peers/lock"
        flock 9
        # Debian's own interpreter: another one in PATH may be gone tomorrow.
        /usr/bin/python3 -m venv --clear "$environment"
        "$environment/bin/python3" -m pip install --quiet --disable-pip-version-check -r "$requirements" ||
            fail "pip could not install what $requirements names"
        cp "$requirements" "$environment/.stamp"
    fi
    echo "$environment/bin/python3"
}
PEER=()
case ",$(sed -n 's/.*--only \([^ ]*\).*/\1/p' <<<"$*")," in
    ,, | *,webhook,*)
        PEER_PYTHON=$(peer_python)
        PEER=(--peer-python "$PEER_PYTHON")
        ;;
esac

BENCH_COMMIT=$(git describe --always --dirty=+ --exclude='*' 2>/dev/null || echo unknown)
export BENCH_COMMIT
# Servers die with the program; this is for their folders when it is interrupted.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
say "measuring (commit $BENCH_COMMIT)"
"$BENCH" --tgs "$TGS" --bare-mhd "$BARE" "${PEER[@]}" --json "$RUN/bench/$(date -u +%Y%m%dT%H%M%SZ).json" "$@"
