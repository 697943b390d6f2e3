#!/usr/bin/env bash
# Runs the bundled suite on the kernel it finds itself on: for people on stdout, as TAP for the count.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
exec node --test-force-exit \
  --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=tap --test-reporter-destination="$LVSCARE_RESULTS/suite.tap" \
  test/dist/suite.mjs
