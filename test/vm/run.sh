#!/usr/bin/env bash
# run.sh [--limit SECONDS] [--results DIR] -- COMMAND [ARG...]: runs a command as root on a real kernel, in a virtual
# machine whose root is this machine's own (changes stay in the guest's memory). See README.md beside this file.
set -euo pipefail

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
LIMIT=600
RESULTS=''
WORK=''
QEMU=''
HELPERS=()

# Kernel parameters that make the emulated machine faster. Measured; what is not here made no difference (a
# smaller CPU model, a larger translation cache, apparmor=0, nowatchdog, no5lvl, nokaslr, booting an unpacked vmlinux)
# or harm (transparent_hugepage=never: twice as slow).
FAST=(
  # Qemu translates a program anew for every address it runs at: without random addresses /bin/true takes 10 ms, not 29.
  norandmaps
  # Without this 6.1 distrusts the TSC and reads the emulated HPET, a third slower. It follows the host's TSC; the kernel
  # still calibrates it against the HPET.
  tsc=reliable
  # Each of these saves 5 to 10 %: nothing in here is a secret.
  init_on_alloc=0 mitigations=off
)

say() { printf 'vm: %s\n' "$*" >&2; }
usage() {
  say "usage: run.sh [--limit SECONDS] [--results DIR] -- COMMAND [ARG...]"
  exit 2
}

# Whatever ends this script ends the machine and removes its files.
# shellcheck disable=SC2317 # called by the trap
clean_up() {
  trap '' INT TERM HUP
  # Bash would tell about every process that is killed here.
  exec 2>/dev/null
  local pid
  for pid in $QEMU "${HELPERS[@]}"; do kill -KILL "$pid" || true; done
  # Waits for them, so that nobody writes into the directory that goes away.
  wait || true
  if [[ -n $WORK ]]; then rm -rf -- "$WORK"; fi
}

# The variables that the command sees besides its PATH, separated by NUL.
print_environment() {
  local name
  printf '%s\0' "PATH=$PATH"
  for name in $(compgen -e); do
    case $name in
      LVSCARE_RESULTS) ;;
      LVSCARE_* | CI | NO_COLOR | FORCE_COLOR | COLUMNS) printf '%s\0' "$name=${!name}" ;;
    esac
  done
}

# Everything the guest has to know, and the files it answers with.
fill_control() {
  local control=$1 kernel=$2
  shift 2
  mkdir "$control"
  # A copy, so that an edit during a run does no harm.
  cp "$HERE/guest/main.sh" "$control/main.sh"
  chmod 755 "$control/main.sh"
  printf '%s\0' "$@" >"$control/command"
  print_environment >"$control/environment"
  printf '%s\n' "$PATH" >"$control/path"
  printf '%s\n' "$PWD" >"$control/cwd"
  printf '%s\n' "$kernel/lib/modules" >"$control/modules"
  : >"$control/output"
}

# Starts qemu. Sets QEMU to its process id.
start_machine() {
  local kernel=$1 control=$2 console=$3 accel=${LVSCARE_VM_ACCEL:-tcg} cpu=max
  case $accel in
    # One host thread for all processors. With a thread each, qemu before 8.1 at times executes a breakpoint that the
    # kernel has just taken back while patching its own code, and the guest panics (seen at boot and later). On two busy
    # cores it is not faster either: one thread starts processes two to seven times faster and computes as fast.
    tcg) accel=tcg,thread=single ;;
    kvm) cpu=host ;;
    *) say "LVSCARE_VM_ACCEL must be tcg or kvm, not '$accel'"; exit 2 ;;
  esac

  local share=local,security_model=none,multidevs=remap
  local -a machine=(
    -accel "$accel" -cpu "$cpu" -M q35 -smp "${LVSCARE_VM_CPUS:-2}" -m "${LVSCARE_VM_MEMORY:-3072}"
    -nodefaults -display none -no-reboot -nic none
    -chardev "file,id=console,path=${console//,/,,}" -serial chardev:console
    -virtfs "$share,id=root,mount_tag=root,path=/,readonly=on"
    -virtfs "$share,id=control,mount_tag=control,path=${control//,/,,}"
    -virtfs "$share,id=results,mount_tag=results,path=${RESULTS//,/,,}"
    -kernel "$kernel/vmlinuz" -initrd "$kernel/initrd.img"
    -append "console=ttyS0 panic=-1 ${FAST[*]}"
  )
  # setpriv: qemu must end even when this script is killed without a chance to clean up.
  # setsid: Ctrl-C is for this script, which then ends qemu.
  setpriv --pdeathsig KILL setsid qemu-system-x86_64 "${machine[@]}" </dev/null >"$WORK/qemu.log" 2>&1 &
  QEMU=$!
}

# What there is to see of a machine that did not end well.
show_console() {
  say "$1"
  if [[ -s $WORK/qemu.log ]]; then sed 's/^/qemu: /' "$WORK/qemu.log" >&2; fi
  say "the last lines of its console:"
  tail -n 40 "$2" 2>/dev/null | tr -d '\r' | sed 's/^/  | /' >&2 || true
}

main() {
  while (($# > 0)); do
    case $1 in
      --limit) LIMIT=${2:-}; shift 2 || usage ;;
      --results) RESULTS=${2:-}; shift 2 || usage ;;
      --) shift; break ;;
      *) usage ;;
    esac
  done
  if (($# == 0)) || ! [[ $LIMIT =~ ^[0-9]+$ ]]; then usage; fi

  local kernel console control first show timer status
  "$HERE/packages.sh"
  kernel=$("$HERE/kernel.sh" "${LVSCARE_VM_KERNEL:-6.1}")

  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/lvscare-vm.XXXXXX")
  if [[ -z $RESULTS ]]; then RESULTS=$WORK/results; fi
  mkdir -p "$RESULTS"
  RESULTS=$(cd -- "$RESULTS" && pwd)
  console=${LVSCARE_VM_CONSOLE:-$RESULTS/console.log}
  control=$WORK/control
  fill_control "$control" "$kernel" "$@"

  # The limit goes with this script, too.
  setpriv --pdeathsig KILL sleep "$LIMIT" &
  timer=$!
  HELPERS=("$timer")
  start_machine "$kernel" "$control" "$console"
  # The output is a plain file that the guest appends to, so nothing is lost when the power goes off; this shows it live.
  tail -c +1 -f -s 0.05 --pid="$QEMU" "$control/output" 2>/dev/null &
  show=$!
  HELPERS=("$show" "$timer")

  wait -n -p first "$QEMU" "$show" "$timer" || true
  if [[ $first == "$timer" ]]; then
    { kill -KILL "$QEMU"; wait "$QEMU" "$show" || true; } 2>/dev/null
    show_console "the command did not end within $LIMIT s" "$console"
    exit 124
  fi
  # Nobody reads our output any more.
  if [[ $first == "$show" ]] && kill -0 "$QEMU" 2>/dev/null; then exit 141; fi
  wait "$QEMU" || true
  wait "$show" || true
  if [[ ! -s $control/status ]]; then
    show_console "the machine ended without an exit status" "$console"
    exit 125
  fi
  status=$(<"$control/status")
  exit "$status"
}

main "$@"
