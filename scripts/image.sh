#!/usr/bin/env bash
# image.sh: makes the image of the guard as an OCI archive, without a registry and without Docker, and the list of what is in
# it. Same input, same digest. Works in a folder of its own; nothing of this machine's images and containers is touched.
# LVSCARE_IMAGE_DIST is where both go (default dist).
set -euo pipefail
# A function whose output is kept ends at its first failure too.
shopt -s inherit_errexit

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd -- "$ROOT"
# shellcheck source=scripts/no-arguments.sh
. scripts/no-arguments.sh
DIST=${LVSCARE_IMAGE_DIST:-dist}
CACHE=${LVSCARE_CACHE:-.cache}

say() { printf 'image: %s\n' "$*" >&2; }

require() {
  if ! command -v buildah >/dev/null; then
    say 'buildah is missing: apt-get install --no-install-recommends buildah'
    return 1
  fi
  if ((EUID != 0)); then
    say 'files of an image belong to root: run it as root'
    return 1
  fi
}

# Its own storage, on plain folders; so that what buildah remembers of layers stays there too, it is told that it has no root.
buildah_() {
  _CONTAINERS_ROOTLESS_UID=1 XDG_DATA_HOME=$WORK/data TMPDIR=$WORK buildah --log-level error \
    --root "$WORK/storage" --runroot "$WORK/run" --storage-driver vfs "$@"
}

# layer BASE FOLDER: a container with the content of a folder over a base; prints its name.
layer() {
  local container
  container=$(buildah_ from --pull-never --arch "$ARCH" --os linux "$1")
  buildah_ copy --quiet --chown 0:0 "$container" "$2" / >/dev/null
  buildah_ config --arch "$ARCH" --os linux --created-by "lvscare: ${2##*/}" "$container"
  printf '%s\n' "$container"
}

# commit CONTAINER TARGET: the same bytes whenever it is done.
commit() {
  buildah_ commit --quiet --format oci --timestamp 0 --identity-label=false --disable-compression=false "$@" >/dev/null
}

# The command is the one of the manifest; the user is root, for only root gets capabilities from Kubernetes.
describe() {
  local lines label
  local -a labels=()
  lines=$(node scripts/image/names.mjs labels)
  while IFS= read -r label; do labels+=(--label "$label"); done <<<"$lines"
  buildah_ config --entrypoint '["/usr/bin/lvscare"]' --cmd '' --workingdir / --user 0:0 \
    --env PATH=/usr/bin "${labels[@]}" "$1"
}

build() {
  local container
  container=$(layer scratch "$WORK/root/runtime")
  commit "$container" localhost/lvscare-runtime
  container=$(layer localhost/lvscare-runtime "$WORK/root/guard")
  describe "$container"
  commit "$container" "oci:$WORK/oci:$REFERENCE"
}

# tar writes down when and in which order files came, unless it is told not to.
pack() {
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --format=ustar -C "$WORK/oci" -cf "$1" .
}

require
node scripts/build.mjs >&2
mkdir -p -- "$CACHE" "$DIST"
WORK=$(mktemp -d "$(realpath -- "$CACHE")/image.XXXXXX")
trap 'rm -rf -- "$WORK"' EXIT
VERSION=$(node scripts/image/names.mjs version)
ARCH=$(node scripts/image/names.mjs architecture)
REFERENCE=localhost/lvscare:$VERSION
NAME=$DIST/lvscare-$VERSION-$ARCH

sizes=$(node scripts/image/fill-root.mjs "$WORK/root" "$WORK/list.json")
build
pack "$WORK/archive.tar"
# One after the other, and only whole ones.
mv -f -- "$WORK/list.json" "$NAME.cdx.json"
mv -f -- "$WORK/archive.tar" "$NAME.oci.tar"

node scripts/image/archive.mjs "$NAME.oci.tar"
printf 'contents  %s\n%s\n' "$NAME.cdx.json" "$sizes"
