#!/usr/bin/env bash
# npm run single-file: one executable for hosts without Node.js, dist/lvscare-VERSION-linux-ARCH, from the bundle, koffi and the
# node that runs this script (a single executable application). Same input, same bytes. LVSCARE_SINGLE_FILE names another place.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/no-arguments.sh
. scripts/no-arguments.sh

# Where node's own documentation says that a program may be put in.
FUSE=NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2

say() { printf 'single-file: %s\n' "$*" >&2; }

WORK=''
clean_up() { if [[ -n $WORK ]]; then rm -rf -- "$WORK"; fi; }

# Without names for a debugger, which are an eighth of it; the symbols that native modules need are others, and stay.
copy_node() {
  local from=$1 to=$2
  strip --strip-all -o "$to" -- "$from"
  chmod 755 "$to"
}

# postject is loud about what is no matter, so it is heard only when it fails.
inject() {
  local program=$1 blob=$2
  if ! node_modules/.bin/postject "$program" NODE_SEA_BLOB "$blob" --sentinel-fuse "$FUSE" >"$WORK/postject.log" 2>&1; then
    cat "$WORK/postject.log" >&2
    return 1
  fi
}

# What decides every byte of the result.
digest_of_inputs() {
  (cd "$WORK" && cat main.cjs koffi.node LICENCES.txt sea.json) | cat - "$1" scripts/single-file.sh package-lock.json | sha256sum
}

main() {
  local node version arch out made_of
  if [[ $(uname -s) != Linux ]]; then say 'only Linux has IPVS'; exit 1; fi
  if ! command -v strip >/dev/null; then say 'strip is missing: install binutils'; exit 1; fi
  node=$(node -p process.execPath)
  arch=$(node -p process.arch)
  version=$(node -p 'require("./packages/lvscare/package.json").version')
  out=$(realpath -m -- "${LVSCARE_SINGLE_FILE:-dist/lvscare-$version-linux-$arch}")
  mkdir -p -- "$(dirname -- "$out")"
  trap clean_up EXIT
  # Beside the result, so that it comes into its place in one step.
  WORK=$(mktemp -d "$out.XXXXXX")

  node scripts/build.mjs >&2
  node scripts/single-file/main.mjs "$WORK"
  made_of=$(digest_of_inputs "$node")
  if [[ -e $out && -e $out.licences.txt && $(cat "$out.inputs" 2>/dev/null) == "$made_of" ]]; then
    say "$out: as it was"
    return
  fi
  rm -f -- "$out.inputs"
  # In that folder: the blob holds the name of the program as it is given here.
  (cd "$WORK" && "$node" --experimental-sea-config sea.json 2>/dev/null)
  copy_node "$node" "$WORK/lvscare"
  inject "$WORK/lvscare" "$WORK/sea.blob"
  mv -f -- "$WORK/lvscare" "$out"
  mv -f -- "$WORK/LICENCES.txt" "$out.licences.txt"
  printf '%s\n' "$made_of" >"$out.inputs"
  say "$out: $(($(stat -c %s "$out") / 1048576)) MiB"
}

main
