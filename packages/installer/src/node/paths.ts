import type { InstallerConfig } from '../config/config.ts'

// Every path on a node that the installer writes to.

/** Names and addresses (hosts(5)); only our block in it is ours. */
export const HOSTS_FILE = '/etc/hosts'

/** Modules that are loaded at boot (modules-load.d(5)). */
export const MODULES_FILE = '/etc/modules-load.d/lvscare.conf'

/** Settings of the kernel that are set at boot (sysctl.d(5)). */
export const SYSCTLS_FILE = '/etc/sysctl.d/90-lvscare.conf'

/** Name of the unit that sets the rule at boot. */
export const UNIT_NAME = 'lvscare-rule.service'

/** The unit itself (systemd.unit(5)). */
export const UNIT_FILE: string = `/etc/systemd/system/${UNIT_NAME}`

/** Where kubelet looks for static pods: whatever it finds there and does not begin with a dot, it runs. */
export const MANIFESTS = '/etc/kubernetes/manifests'

/** What the installer keeps on a node. */
export const STATE_DIRECTORY = '/var/lib/lvscare'

/** What was set up, so that it can be taken back without being told again. */
export const RECORD_FILE: string = `${STATE_DIRECTORY}/installer.json`

/** First line of every file that is wholly ours; one without it is somebody else's. */
export const WRITTEN_BY = '# Written by lvscare-installer'

/** The manifest of the guard. */
export function manifestPath({ podName }: Pick<InstallerConfig, 'podName'>): string {
  return `${MANIFESTS}/${podName}.yaml`
}

/** True for the content of a file at one of our paths that we wrote; a manifest is told by `readStaticPod` instead. */
export function isWrittenByUs(content: string): boolean {
  return content.split('\n', 1)[0]?.startsWith(WRITTEN_BY) === true
}
