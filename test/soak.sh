#!/usr/bin/env bash
# npm run soak: one guard in the virtual machine and every fault of the lab at a high rate, until LVSCARE_SOAK_MINUTES (40) are over.
# Exit code 1 when memory or descriptors grew, the rule is not whole, or the log has what nobody knows. See docs/testing.md.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/no-arguments.sh
. scripts/no-arguments.sh
MINUTES=${LVSCARE_SOAK_MINUTES:-40}
if [[ ! $MINUTES =~ ^[1-9][0-9]{0,3}$ ]]; then
  printf 'soak: LVSCARE_SOAK_MINUTES=%s: must be a whole number from 1 to 9999\n' "$MINUTES" >&2
  exit 2
fi
DIST=${LVSCARE_TEST_DIST:-test/dist}
RESULTS=${LVSCARE_CACHE:-.cache}/soak
bash scripts/setup.sh
node scripts/build-tests.mjs
# Two hours in virtual time first, on this machine and without a kernel: they take about a minute.
node "$DIST/soak-virtual.mjs"
rm -rf "$RESULTS"
exec test/vm/run.sh --limit $((MINUTES * 60 + 600)) --results "$RESULTS" -- node "$DIST/soak.mjs"
