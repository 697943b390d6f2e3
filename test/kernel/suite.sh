#!/usr/bin/env bash
# Runs the bundled suite on the kernel it finds itself on. What it prints is kept too, for the count.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# Forced to exit: a test that failed may leave a timer or a process behind, and the rest of the run would wait for it.
node --test-force-exit --test-reporter=spec "${LVSCARE_TEST_DIST:-test/dist}/suite.mjs" | tee "$LVSCARE_RESULTS/suite.log"
