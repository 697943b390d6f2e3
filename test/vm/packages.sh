#!/usr/bin/env bash
# Installs the Debian packages that the virtual machine and the test suite need. Prints nothing when all are there.
set -euo pipefail

# What each one is for: qemu-system-x86 is the machine; busybox-static, cpio and xz-utils make the initrd; kmod resolves
# and loads modules; iproute2, ipvsadm and nftables set networks up in the guest and read the kernel's tables independently;
# openssl makes certificates; curl asks the guard as the documents do; gcc with the headers prints the kernel's real constants; procps is for looking around;
# keepalived and haproxy are the rivals of the benchmarks; prometheus brings promtool, which checks what is for Prometheus;
# openssh-server is what the installer meets on the nodes of a cluster; buildah makes the image, containerd and runc run it;
# systemd checks the units and runs them.
PACKAGES=(
  qemu-system-x86 busybox-static cpio xz-utils kmod
  iproute2 ipvsadm nftables openssl
  gcc libc6-dev linux-libc-dev procps curl
  keepalived haproxy prometheus
  openssh-server openssh-sftp-server
  buildah containerd runc systemd
)

# Those of them that would be started when they are installed, and at every boot: only their programs are wanted.
# A unit has the name of its package, if not said otherwise: PACKAGE:UNIT.
SERVICES=(keepalived haproxy prometheus openssh-server:ssh containerd)

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
CACHE=${LVSCARE_CACHE:-$(cd -- "$HERE/../.." && pwd)/.cache}
LOG=$CACHE/vm/packages.log

say() { printf 'vm: %s\n' "$*" >&2; }

# Prints the packages that are not fully installed, one per line.
missing_packages() {
  local package status
  for package in "${PACKAGES[@]}"; do
    status=$(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null) || status=''
    [[ " $status" == *' installed '* ]] || printf '%s\n' "$package"
  done
}

# Runs a command with its output in the log and shows the seconds that passed while it takes long.
logged() {
  local pid seconds=0 status=0
  printf '\n$ %s\n' "$*" >>"$LOG"
  "$@" >>"$LOG" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    seconds=$((seconds + 1))
    if ((seconds % 10 == 0)); then say "  still working ($seconds s): $1 ${*: -1}"; fi
  done
  wait "$pid" || status=$?
  return "$status"
}

apt() { logged env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -qy "$@"; }

# Packages may not start services while this runs, and those that come with them will not start by themselves later.
install_packages() {
  local policy=/usr/sbin/policy-rc.d own='' status=0
  if [[ ! -e $policy ]]; then
    own=$policy
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  mask_services "$@"
  apt install --no-install-recommends "$@" || status=$?
  if [[ -n $own ]]; then rm -f "$own"; fi
  return "$status"
}

# As systemctl mask does, which needs a running systemd. A package that was there before keeps its service as it is.
mask_services() {
  local service
  [[ -d /etc/systemd/system ]] || return 0
  for service in "${SERVICES[@]}"; do
    if [[ " $* " == *" ${service%:*} "* ]]; then ln -sfn /dev/null "/etc/systemd/system/${service#*:}.service"; fi
  done
}

ensure_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "this needs Debian 12 (no dpkg or apt-get here). Run it in a Debian 12 machine or container that has the packages:"
    say "  ${PACKAGES[*]}"
    return 1
  fi

  local missing
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then return 0; fi

  if ((EUID != 0)); then
    say "missing packages: ${missing[*]}"
    say "install them as root: apt-get install --no-install-recommends ${missing[*]}"
    return 1
  fi

  mkdir -p "$CACHE/vm"
  : >"$LOG"
  say "installing ${missing[*]}"
  if ! install_packages "${missing[@]}"; then
    # The package lists of a fresh image are empty, and old ones name files that are gone.
    say "  did not work; refreshing the package lists and trying once more"
    if ! { apt update && install_packages "${missing[@]}"; }; then
      say "could not install ${missing[*]}; the end of $LOG:"
      tail -n 20 "$LOG" >&2
      return 1
    fi
  fi
}

# When sourced, only the list and the functions are wanted.
if [[ ${BASH_SOURCE[0]} == "$0" ]]; then ensure_packages; fi
