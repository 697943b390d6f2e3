#!/usr/bin/env bash
# npm run bench: measures what docs/performance.md promises; exit code 1 when a promise is not kept.
# LVSCARE_BENCH="pass start" measures only some of: pass, start, memory, cpu, foreign, repair, growth (in the virtual
# machine) and probes (here).
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh
node scripts/build-tests.mjs
read -ra PARTS <<<"${LVSCARE_BENCH:-pass start memory cpu foreign repair growth probes}"
HERE=() THERE=()
for part in "${PARTS[@]}"; do
  if [[ $part == probes ]]; then HERE+=("$part"); else THERE+=("$part"); fi
done
status=0
if ((${#THERE[@]} > 0)); then test/vm/run.sh --limit 1800 -- node test/dist/bench.mjs "${THERE[@]}" || status=1; fi
# 200 000 TLS probes take an hour in emulation and do not touch the kernel's table.
if ((${#HERE[@]} > 0)); then node test/dist/bench.mjs "${HERE[@]}" || status=1; fi
exit "$status"
