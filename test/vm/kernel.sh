#!/usr/bin/env bash
# kernel.sh 6.1|6.12: makes sure that the cache holds a Debian kernel of that series, ready to boot, and prints its
# directory: vmlinuz, lib/modules/<release>, release, package, initrd.img. With a full cache it needs no network.
set -euo pipefail

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
CACHE=${LVSCARE_CACHE:-$(cd -- "$HERE/../.." && pwd)/.cache}/vm

# The initrd only has to reach the host's root; everything else is loaded from there.
INITRD_MODULES=(virtio_pci 9pnet_virtio 9p overlay)

say() { printf 'vm: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

metapackage() {
  case $1 in
    6.1) echo linux-image-amd64 ;;
    6.12) echo linux-image-6.12-amd64 ;;
    *) die "unknown kernel series '$1' (6.1 or 6.12)" ;;
  esac
}

# Prints the package with the kernel itself, which the metapackage depends on.
kernel_package() {
  local series=$1 meta package
  meta=$(metapackage "$series")
  package=$(apt-cache depends "$meta" 2>/dev/null | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2 }')
  [[ $package == "linux-image-$series."* ]] || return 1
  printf '%s\n' "$package"
}

# Downloads one package into a directory; says every few seconds how far it is.
download() {
  local package=$1 into=$2 size pid ticks=0 status=0
  size=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Size: //p')
  say "downloading $package ($((${size:-0} / 1000000)) MB)"
  # Root must stay root here: apt's own user may not write to our directory.
  (cd "$into" && exec apt-get -qq -o APT::Sandbox::User=root download "$package") >"$into/apt.log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    ticks=$((ticks + 1))
    if ((ticks % 25 == 0)); then say "  $((ticks / 5)) s, $(du -sm "$into" | cut -f1) MB"; fi
  done
  wait "$pid" || status=$?
  if ((status != 0)); then tail -n 20 "$into/apt.log" >&2; fi
  return "$status"
}

# Fills a new directory with the kernel and its modules, and gives it its name at the very end.
fetch_kernel() {
  local series=$1 into=$2 package work release
  package=$(kernel_package "$series") || {
    say "apt does not know a $series kernel yet; refreshing the package lists"
    apt-get -qq update >&2 || die "apt-get update failed (it needs root and the Debian registry)"
    package=$(kernel_package "$series") || die "no Debian package of a $series kernel here: this needs Debian 12"
  }

  work=$(mktemp -d "$into.XXXXXX")
  # shellcheck disable=SC2064 # the directory of this very call
  trap "rm -rf -- '$work'" EXIT

  if ! download "$package" "$work"; then
    say "  did not work; refreshing the package lists and trying once more"
    apt-get -qq update >&2 || true
    package=$(kernel_package "$series") || package=''
    if [[ -z $package ]] || ! download "$package" "$work"; then die "could not download a $series kernel"; fi
  fi

  say "unpacking $package"
  # Only the kernel and its modules: the rest (documentation, hooks) is of no use here.
  mkdir "$work/unpacked" "$work/kernel" "$work/kernel/lib"
  dpkg -x "$work"/*.deb "$work/unpacked"
  mv "$work"/unpacked/boot/vmlinuz-* "$work/kernel/vmlinuz"
  # Newer packages carry their modules in /usr/lib.
  if [[ -d $work/unpacked/usr/lib/modules ]]; then mv "$work/unpacked/usr/lib/modules" "$work/kernel/lib/modules"
  else mv "$work/unpacked/lib/modules" "$work/kernel/lib/modules"; fi
  release=$(basename "$work"/kernel/lib/modules/*)
  depmod -b "$work/kernel" "$release"
  printf '%s\n' "$release" >"$work/kernel/release"
  (cd "$work" && basename -- *.deb) >"$work/kernel/package"

  chmod 755 "$work/kernel"
  rm -rf -- "$into"
  mv -T "$work/kernel" "$into"
  rm -rf -- "$work"
  trap - EXIT
}

# What the initrd is made of: when any of it changes, a new one is built.
initrd_stamp() {
  cat "$1/package" "$HERE/guest/init" "$HERE/kernel.sh" "$(command -v busybox)" | sha256sum | cut -d' ' -f1
}

build_initrd() {
  local kernel=$1 stamp=$2 release work file name
  release=$(<"$kernel/release")
  work=$(mktemp -d "$kernel/initrd.XXXXXX")
  # shellcheck disable=SC2064 # the directory of this very call
  trap "rm -rf -- '$work'" EXIT

  mkdir -p "$work/root"/{bin,dev,modules,newroot}
  cp "$(command -v busybox)" "$work/root/bin/busybox"
  cp "$HERE/guest/init" "$work/root/init"
  chmod 755 "$work/root/init"

  # In the order in which they have to be loaded; builtin ones are not listed as insmod lines.
  for name in "${INITRD_MODULES[@]}"; do
    modprobe --show-depends -C /dev/null -d "$kernel" -S "$release" "$name"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$work/files"
  while read -r file; do
    name=$(basename "$file")
    case $name in
      *.xz) xz -dc "$file" >"$work/root/modules/${name%.xz}" ;;
      *.zst) zstd -qdc "$file" >"$work/root/modules/${name%.zst}" ;;
      *) cp "$file" "$work/root/modules/" ;;
    esac
    name=${name%.xz}
    printf '%s\n' "${name%.zst}" >>"$work/root/modules/order"
  done <"$work/files"

  # Not compressed: unpacking costs more under emulation than reading.
  (cd "$work/root" && find . -print0 | cpio --null --quiet -o -H newc) >"$work/initrd.img"
  printf '%s\n' "$stamp" >"$work/initrd.stamp"
  mv "$work/initrd.img" "$kernel/initrd.img"
  mv "$work/initrd.stamp" "$kernel/initrd.stamp"
  rm -rf -- "$work"
  trap - EXIT
}

main() {
  (($# == 1)) || die "usage: kernel.sh 6.1|6.12"
  local series=$1 kernel stamp
  metapackage "$series" >/dev/null
  kernel=$CACHE/$series
  mkdir -p "$CACHE"

  # One at a time: a second run waits and then finds everything there. The lock goes with the process.
  exec 9>"$CACHE/$series.lock"
  if ! flock -w 2 9; then
    say "waiting for another run that prepares the $series kernel"
    flock 9
  fi

  # Nobody else is building now, so these are what an interrupted run left.
  rm -rf -- "$kernel".?????? "$kernel"/initrd.??????
  [[ -f $kernel/release ]] || fetch_kernel "$series" "$kernel"
  stamp=$(initrd_stamp "$kernel")
  if [[ ! -f $kernel/initrd.img || $(cat "$kernel/initrd.stamp" 2>/dev/null) != "$stamp" ]]; then
    build_initrd "$kernel" "$stamp"
  fi
  printf '%s\n' "$kernel"
}

main "$@"
