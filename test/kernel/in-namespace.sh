#!/usr/bin/env bash
# in-namespace.sh COMMAND...: runs a command in a fresh network namespace of this machine, for machines whose kernel has
# IPVS. Named namespaces of the tests stay invisible outside; what they do to modules and global sysctls would not.
set -euo pipefail

if ((EUID != 0)); then
  echo 'kernel suite: a network namespace needs root' >&2
  exit 1
fi
# Any node of the table would do: asking for the family loads the module where the kernel has it.
if ! modprobe ip_vs 2>/dev/null && [[ ! -e /proc/net/ip_vs ]]; then
  echo "kernel suite: this machine's kernel has no IPVS; use the virtual machine (unset LVSCARE_KERNELS)" >&2
  exit 1
fi
# shellcheck disable=SC2016 # expanded inside
exec unshare --net --mount --propagation private bash -c '
  mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && ip link set lo up && exec "$@"' in-namespace "$@"
