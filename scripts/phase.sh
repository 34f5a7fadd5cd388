#!/usr/bin/env bash
# phase.sh NAME COMMAND...: runs a command between a headline and a line with the time it took. With PHASE_LAST set
# there is no such line when all went well: what the command says last stays last.
set -uo pipefail
NAME=$1
shift
printf '\n== %s\n' "$NAME"
STARTED=$(date +%s)
"$@"
RESULT=$?
ELAPSED=$(($(date +%s) - STARTED))
if [ $RESULT = 0 ]; then WORD="done"; else WORD="FAILED ($RESULT)"; fi
[ $RESULT != 0 ] || [ -z "${PHASE_LAST:-}" ] || exit 0
printf '== %s: %s in %d:%02d\n' "$NAME" "$WORD" $((ELAPSED / 60)) $((ELAPSED % 60))
exit $RESULT
