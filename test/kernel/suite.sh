#!/usr/bin/env bash
# Runs the bundled suite on the kernel it finds itself on. What it prints is kept too, for the count.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
LOG=$LVSCARE_RESULTS/suite.log
: >"$LOG"
# Forced to exit, and not read through a pipe: a test that failed may leave a process behind, and whoever waits for the end
# of the pipe would wait for that too.
node --test-force-exit --test-reporter=spec "${LVSCARE_TEST_DIST:-test/dist}/suite.mjs" >"$LOG" 2>&1 &
suite=$!
tail -n +1 --pid="$suite" -f "$LOG"
wait "$suite"
