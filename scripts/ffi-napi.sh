#!/usr/bin/env bash
# ffi-napi.sh: installs the opt-in binding ffi-napi into .cache/ffi-napi, where the conformance suite and
# measure-ffi.mjs look for it. To compile it takes python, make, g++ and the headers of node, and everything must work
# without it too: what happened is written to outcome.txt and never fails the caller. Remove that file to try again.
set -uo pipefail

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
TARGET=${LVSCARE_CACHE:-$ROOT/.cache}/ffi-napi
OUTCOME=$TARGET/outcome.txt
# For all attempts together.
SECONDS_LEFT=${LVSCARE_FFI_SECONDS:-240}
NODE=$(node --version 2>/dev/null || echo 'no node')

say() { printf 'ffi-napi: %s\n' "$*" >&2; }

finish() {
  printf '%s\n' "$1" "$NODE" >"$OUTCOME" || say "cannot write the outcome"
  say "$1"
  exit 0
}

# Headers that stand beside the binary (where distributions put them) save a download that may not be possible.
headers_of_node() {
  local prefix
  prefix=$(dirname -- "$(dirname -- "$(node -p process.execPath)")")
  if grep -qsF "define NODE_MAJOR_VERSION $(node -p 'process.versions.node.split(".")[0]')" \
    "$prefix/include/node/node_version.h"; then
    printf '%s\n' "$prefix"
  fi
}

# A binary can install, load and still abort at the first call or the first garbage collection: ask a process of its own.
works() {
  (cd "$TARGET" && timeout --kill-after=5 30 node --expose-gc -e "
    const { recv } = require('ffi-napi').Library(null, { recv: ['long', ['int', 'pointer', 'size_t', 'int']] })
    const buffer = Buffer.alloc(64)
    for (let i = 0; i < 2000; i++) {
      if (Number(recv(-1, buffer, 64, 0)) !== -1) process.exit(3)
      if (i % 500 === 0) gc()
    }" >>"$TARGET/install.log" 2>&1)
}

# attempt NAME NPM-ARGUMENT...: true when what npm installed can be called.
attempt() {
  local name=$1 started=$SECONDS
  shift
  rm -rf -- "$TARGET/node_modules" "$TARGET/package-lock.json"
  printf '{ "private": true }\n' >"$TARGET/package.json"
  printf '== %s: npm install %s\n' "$name" "$*" >>"$TARGET/install.log"
  (cd "$TARGET" && timeout --kill-after=5 "$SECONDS_LEFT" \
    npm install --no-audit --no-fund --no-package-lock --fetch-retries=1 "$@" >>"$TARGET/install.log" 2>&1) && works
  local status=$?
  SECONDS_LEFT=$((SECONDS_LEFT - (SECONDS - started)))
  return "$status"
}

main() {
  if [[ -s $OUTCOME && $(sed -n 2p "$OUTCOME") == "$NODE" ]]; then
    say "$(head -n 1 "$OUTCOME") (remembered)"
    exit 0
  fi
  mkdir -p -- "$TARGET" || { say "cannot make $TARGET" && exit 0; }
  : >"$TARGET/install.log"
  command -v npm >/dev/null || finish 'not installed: there is no npm'
  local headers
  headers=$(headers_of_node)
  if [[ -n $headers ]]; then export npm_config_nodedir=$headers; fi

  attempt 'plain package' ffi-napi@4.0.3 && finish 'installed: ffi-napi 4.0.3, plain npm install'
  # Measured on Node 20.20: its install check aborts, and what it then compiles does not build (nodejs/node#52240).
  ((SECONDS_LEFT > 0)) || finish 'not installed: ffi-napi 4.0.3 took all the time'
  attempt 'fork' ffi-napi@npm:@2060.io/ffi-napi@4.0.9 &&
    finish 'installed: @2060.io/ffi-napi 4.0.9 as ffi-napi (the plain package 4.0.3 does not install)'
  # Without a compiler: the binary in the plain package can be called on Node 20.20, from the main thread.
  ((SECONDS_LEFT > 0)) || finish 'not installed: compiling took all the time'
  attempt 'binary of the plain package' --ignore-scripts ffi-napi@4.0.3 &&
    finish 'installed: ffi-napi 4.0.3 with its prebuilt binary, install scripts off (nothing could be compiled)'
  rm -rf -- "$TARGET/node_modules"
  finish 'not installed: no ffi-napi installs and works here; see install.log beside this file'
}

main
