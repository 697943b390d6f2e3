#!/bin/bash
# PID 1 of the guest once the host's root is there: finishes the system, runs the one command, reports its exit status
# and turns the machine off. /run/vm is the share through which run.sh passes the command in and gets its output.
set -euo pipefail

CONTROL=/run/vm

# /tmp is about to become a file system of our own. What the command needs from the host's /tmp (its directory, its
# tools, its arguments) is put back at its place.
mount_tmp() {
  local path top
  mkdir /run/host-tmp
  mount --bind /tmp /run/host-tmp
  mount -t tmpfs -o mode=1777 tmp /tmp
  for path in "$@"; do
    [[ $path == /tmp/* ]] || continue
    top=${path#/tmp/}
    top=${top%%/*}
    if [[ -z $top || -e /tmp/$top || ! -e /run/host-tmp/$top ]]; then continue; fi
    if [[ -d /run/host-tmp/$top ]]; then mkdir "/tmp/$top"; else : >"/tmp/$top"; fi
    mount --bind "/run/host-tmp/$top" "/tmp/$top"
  done
}

finish_system() {
  mount -t proc proc /proc
  # Only warnings and worse from here on: the console is a slow serial line.
  echo 5 4 1 4 >/proc/sys/kernel/printk
  mount -t sysfs sys /sys
  mount -t devtmpfs -o nosuid dev /dev
  mkdir -p /dev/pts /dev/shm
  mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
  mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
  # udev would make these.
  ln -sfn /proc/self/fd /dev/fd
  ln -sfn /proc/self/fd/0 /dev/stdin
  ln -sfn /proc/self/fd/1 /dev/stdout
  ln -sfn /proc/self/fd/2 /dev/stderr
  mount -t cgroup2 cgroup /sys/fs/cgroup

  mkdir -p /lib/modules
  mount --bind "$(<"$CONTROL/modules")" /lib/modules
  echo lvscare-vm >/proc/sys/kernel/hostname
  ip link set lo up
}

# Ends everything but this process and the one that carries the output away: what the command left running must not
# keep the machine on.
end_leftovers() {
  local keep=$1 entry pid
  for entry in /proc/[0-9]*; do
    pid=${entry#/proc/}
    # Kernel threads have no program and ignore signals anyway.
    if ((pid != 1 && pid != keep)); then kill -KILL "$pid" 2>/dev/null || true; fi
  done
}

run_command() {
  local -a command environment
  local cwd writer status=0 round
  mapfile -d '' command <"$CONTROL/command"
  mapfile -d '' environment <"$CONTROL/environment"
  cwd=$(<"$CONTROL/cwd")

  # A pipe, not the file itself: then nothing the command does to its output (truncate, seek, reopen) can lose any.
  mkfifo /run/output
  cat </run/output >"$CONTROL/output" &
  writer=$!
  (
    cd "$cwd"
    exec env -i HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8 "${environment[@]}" \
      LVSCARE_RESULTS=/results "${command[@]}"
  ) </dev/null >/run/output 2>&1 || status=$?

  # The writer ends when nobody holds the pipe any more. Something may be starting right now, so look again.
  for ((round = 0; round < 50; round++)); do
    end_leftovers "$writer"
    kill -0 "$writer" 2>/dev/null || break
    sleep 0.1
  done
  wait "$writer" || status=1
  printf '%s\n' "$status" >"$CONTROL/status"
}

main() {
  local -a command environment paths
  mapfile -d '' command <"$CONTROL/command"
  mapfile -d '' environment <"$CONTROL/environment"
  finish_system
  IFS=: read -ra paths <"$CONTROL/path"
  mount_tmp "$(<"$CONTROL/cwd")" "${paths[@]}" "${command[@]}"
  run_command
  sync
  echo o >/proc/sysrq-trigger
  # The power goes off in a moment; PID 1 must not end before.
  while :; do sleep 60; done
}

main
