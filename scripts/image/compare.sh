#!/usr/bin/env bash
# compare.sh: makes the image here, and once more from a copy of the sources in another place, by a stricter user in another
# part of the world; both archives and lists must be the same, byte for byte. The former stay in dist.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
CACHE=${LVSCARE_CACHE:-.cache}

say() { printf 'image: %s\n' "$*" >&2; }

# The sources as they are, committed or not; and the modules, without a copy of each file.
copy_sources() {
  mkdir -p -- "$1"
  git ls-files --cached --others --exclude-standard -z | while IFS= read -r -d '' file; do
    if [[ -e $file ]]; then printf '%s\0' "$file"; fi
  done | tar --null --files-from=- -cf - | tar -C "$1" --touch -xf -
  # Another file system has no links into this one.
  cp -al -- node_modules "$1/node_modules" 2>/dev/null || cp -a --no-target-directory -- node_modules "$1/node_modules"
}

build_elsewhere() (
  umask 077
  cd -- "$1"
  TZ=Pacific/Auckland LANG=tr_TR.UTF-8 LVSCARE_IMAGE_DIST='' LVSCARE_CACHE='' bash scripts/image.sh >/dev/null
)

bash scripts/image.sh
mkdir -p -- "$CACHE"
OTHER=$(mktemp -d "$(realpath -- "$CACHE")/image-compare.XXXXXX")
trap 'rm -rf -- "$OTHER"' EXIT
copy_sources "$OTHER/another/place of the sources"
build_elsewhere "$OTHER/another/place of the sources"

name=lvscare-$(node scripts/image/names.mjs version)-$(node scripts/image/names.mjs architecture)
for file in "$name.oci.tar" "$name.cdx.json"; do
  if ! cmp -- "${LVSCARE_IMAGE_DIST:-dist}/$file" "$OTHER/another/place of the sources/dist/$file"; then
    say "$file is another one when it is built elsewhere"
    exit 1
  fi
done
say 'the same, byte for byte, when it is built elsewhere'
