#!/usr/bin/env bash
# Everything a fresh clone needs before the demo, the tests or the benchmarks: node modules, Debian packages, the build.
# Says what it installs; prints next to nothing when all is there.
set -euo pipefail

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
# shellcheck source=scripts/no-arguments.sh
. scripts/no-arguments.sh

say() { printf 'setup: %s\n' "$*" >&2; }

require_node() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    say 'node and npm are missing: install Node.js 20.19 or newer'
    return 1
  fi
  if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    say "node $(node --version) is too old: install Node.js 20.19 or newer"
    return 1
  fi
}

# The lock file as it was at the last install stands beside the modules: no other sign survives an interrupted install.
# Not npm ci: it refuses a lock file that lacks the optional binaries of other platforms, and a registry mirror that
# carries only some platforms cannot write a full one. The versions are those of the lock file all the same.
# No install scripts: nothing here needs one, and ssh2 would look for a compiler.
install_modules() {
  local stamp=node_modules/.lvscare-lock
  if cmp -s package-lock.json "$stamp"; then return 0; fi
  say 'installing node modules as the lock file says'
  local log
  log=$(mktemp)
  if ! npm install --no-save --no-audit --no-fund --ignore-scripts >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
  cp package-lock.json "$stamp"
}

require_node
install_modules
test/vm/packages.sh
node scripts/build.mjs >&2
