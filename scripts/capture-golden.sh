#!/usr/bin/env bash
# Captures every golden file anew on a real kernel, and puts them into the packages; see docs/testing.md.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

RESULTS=$(mktemp -d)
trap 'rm -rf -- "$RESULTS"' EXIT

node scripts/build-tests.mjs
test/vm/run.sh --limit 300 --results "$RESULTS" -- node "${LVSCARE_TEST_DIST:-test/dist}/capture.mjs"
for package in ipvs netlink; do
  folder=packages/$package/test/golden
  mkdir -p "$folder"
  rm -f -- "$folder"/*.hex
  cp -- "$RESULTS/$package"/*.hex "$folder/"
done
