#!/usr/bin/env bash
# npm run demo: sets everything up, then shows the guard at work on a real kernel in a virtual machine.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/no-arguments.sh
. scripts/no-arguments.sh
bash scripts/setup.sh
node scripts/build-tests.mjs
echo 'demo: starting a virtual machine with a real kernel (emulated: everything in it is 10 to 20 times slower)' >&2
exec test/vm/run.sh --limit 300 -- node test/dist/demo.mjs
