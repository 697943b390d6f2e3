#!/usr/bin/env bash
# npm run fuzz: garbles what the kernel and others say for LVSCARE_FUZZ_SECONDS (60) and reads it; exit code 1 when something
# is wrong. LVSCARE_FUZZ_SEED makes the same again; LVSCARE_FUZZ_KEEP=1 keeps inputs with new outcomes. See docs/testing.md.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/no-arguments.sh
. scripts/no-arguments.sh
for name in LVSCARE_FUZZ_SECONDS LVSCARE_FUZZ_SEED; do
  value=${!name:-1}
  if [[ ! $value =~ ^[0-9]{1,10}$ ]]; then
    printf 'fuzz: %s=%s: must be a whole number\n' "$name" "$value" >&2
    exit 2
  fi
done
node scripts/build-tests.mjs
exec node "${LVSCARE_TEST_DIST:-test/dist}/fuzz.mjs"
