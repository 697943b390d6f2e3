import { readdirSync, readFileSync } from 'node:fs'
import type { PieceName } from './path/step.ts'

/** What can be seen of programs that are known to break a path like ours. */
export interface Evidence {
  /** kube-proxy's dummy device of mode ipvs is there. */
  readonly kubeIpvs: boolean
  /** kube-proxy's table of mode nftables is there; `undefined` where that cannot be seen. */
  readonly kubeProxyTable: boolean | undefined
  /** Names of the programs that run, as far as this process sees them: in a container, only its own. */
  readonly programs: ReadonlySet<string>
}

const KUBE_PROXY_IPVS =
  'kube-proxy in mode ipvs deletes every service it does not know: add the virtual IP to ipvs.excludeCIDRs in its configuration'
const KUBE_PROXY_NFTABLES = 'kube-proxy in mode nftables flushes the whole IPVS table whenever it starts'
const KEEPALIVED = 'keepalived wants to be the only one who changes the IPVS table'

/** Who is likely to break a piece again and again, with what to do; `undefined` when nobody known is about. */
export function likelyCulprit(piece: PieceName, evidence: Evidence): string | undefined {
  const { kubeIpvs, kubeProxyTable, programs } = evidence
  const runs = (...names: readonly string[]): boolean => names.some((name) => programs.has(name))
  const inTable = piece === 'service' || piece === 'servers' || piece === 'modules'
  const suspects = [
    inTable && kubeIpvs ? KUBE_PROXY_IPVS : undefined,
    inTable && kubeProxyTable === true ? KUBE_PROXY_NFTABLES : undefined,
    inTable && runs('keepalived') ? KEEPALIVED : undefined,
    ...(piece === 'route' || piece === 'device' ? networkManagers(runs) : []),
    piece === 'masquerade' && runs('firewalld') ? 'firewalld reloads the rules of the firewall' : undefined,
    piece === 'sysctls' && runs('tuned') ? 'tuned sets the settings of the kernel by its profile' : undefined,
  ].filter((text) => text !== undefined)
  return suspects.length === 0 ? undefined : suspects.join('; ')
}

function networkManagers(runs: (...names: readonly string[]) => boolean): (string | undefined)[] {
  return [
    runs('systemd-network', 'systemd-networkd')
      ? 'systemd-networkd removes what it does not know: set ManageForeignRoutes=no in networkd.conf'
      : undefined,
    runs('NetworkManager')
      ? 'NetworkManager removes what it does not know: tell it to leave the device'
      : undefined,
  ]
}

/** Names of the programs that run here (proc(5): /proc/PID/comm, at most 15 characters); those that vanish meanwhile are left out. */
export function runningPrograms(): Set<string> {
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return new Set(names.map((pid) => nameOf(pid)).filter((name) => name !== ''))
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim()
  } catch {
    return ''
  }
}
