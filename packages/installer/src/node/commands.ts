import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { buildHosts, type HostsPhase } from '../hosts/build.ts'
import { hostsCommand } from './hosts-command.ts'
import { modulesOf } from './kernel.ts'
import { ruleCommand } from './once.ts'
import { SYSCTLS_FILE, UNIT_NAME } from './paths.ts'

/** When commands are run: before kubeadm, or after it. */
export interface CommandOptions {
  readonly phase: HostsPhase
}

/**
 * The commands that set a node up beside its files (`buildNodeFiles`), each as the words of a program and its arguments;
 * the files are there first. Every one of them can be repeated. They need root, and run in this order until one fails.
 *
 * After kubeadm only control planes have something to do. Nothing here checks that the cluster answers: `apply` does.
 */
export function buildNodeCommands(config: InstallerConfig, { phase }: CommandOptions): string[][] {
  if (phase === 'after') return config.role === 'worker' ? [] : [hostsCommand(buildHosts(config, 'after'))]
  const hosts = hostsCommand(buildHosts(config, 'before'))
  if (!isGuarded(config)) return [hosts]
  return [
    ...kernelCommands(config),
    ...imageCommands(config),
    hosts,
    ruleCommand(config),
    ...unitCommands(config),
  ]
}

function kernelCommands(config: InstallerConfig): string[][] {
  const { required, optional } = modulesOf(config)
  return [
    ['modprobe', '-a', ...required],
    ...optional.map((name) => ['sh', '-c', 'modprobe -q "$1" || :', 'modprobe', name]),
    // -e: a kernel that lacks one is said to by the guard, where it matters.
    ['sysctl', '-e', '-p', SYSCTLS_FILE],
  ]
}

/** As kubelet sees images: in the namespace of containerd that is Kubernetes'. */
function imageCommands({ imageArchive }: InstallerConfig): string[][] {
  return imageArchive === undefined ? [] : [['ctr', '-n', 'k8s.io', 'images', 'import', imageArchive]]
}

function unitCommands({ bootUnit }: InstallerConfig): string[][] {
  if (!bootUnit) return []
  return [
    ['systemctl', 'daemon-reload'],
    ['systemctl', 'enable', UNIT_NAME],
  ]
}
