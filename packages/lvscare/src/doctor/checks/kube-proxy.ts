import type { DoctorConfig } from '../../config.ts'
import { messageOf } from '../../errors.ts'
import { hostPrefix } from '../../path/route.ts'
import { type Facts, type Seen, saw, unseen } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'
import { excludeCommand, type KubeProxyConfig, readKubeProxyConfig } from '../kube-proxy-config.ts'
import { flagOf, processesOf } from './processes.ts'
import { holds } from './range.ts'

const KINDS = {
  'kube-proxy-ok': { severity: 'ok', meaning: 'It leaves the rule alone.' },
  'kube-proxy-deletes': {
    severity: 'error',
    meaning:
      'In mode ipvs kube-proxy deletes every virtual service that it does not know, again and again, ' +
      'unless ipvs.excludeCIDRs holds the address. The guard sets the rule again within a second, but each ' +
      'time every connection may be lost.',
    advice:
      'Where kubectl works, such as on a control plane; then kube-proxy must be started again to read it.',
    command: '{edit} && kubectl -n kube-system rollout restart daemonset kube-proxy',
  },
  'kube-proxy-exclude-unseen': {
    severity: 'note',
    meaning:
      'kube-proxy is in mode ipvs, in which it deletes every virtual service that ipvs.excludeCIDRs does ' +
      'not hold, and its configuration cannot be seen from here.',
    advice: 'Where kubectl works, see whether {cidr} is among ipvs.excludeCIDRs.',
    command: 'kubectl -n kube-system get configmap kube-proxy -o yaml',
  },
  'kube-proxy-flushes': {
    severity: 'warning',
    meaning:
      'In mode nftables kube-proxy empties the whole IPVS table whenever it starts, if it can; ' +
      'excludeCIDRs does not help. A running guard has the rule back within a second.',
    advice: 'Keep the guard running. Without one the rule is gone after the next start of kube-proxy.',
  },
  'kube-proxy-unseen': {
    severity: 'note',
    meaning:
      'There is no kube-proxy, or it cannot be seen from here: a pod sees other programs only with ' +
      'hostPID, and its port only with hostNetwork. One in mode ipvs would have to be told of the virtual ' +
      'IP.',
    advice: 'Where kubectl works, see which mode it has, and whether ipvs.excludeCIDRs holds {cidr}.',
    command: 'kubectl -n kube-system get configmap kube-proxy -o yaml',
  },
  'kube-proxy-config-unreadable': {
    severity: 'note',
    meaning: 'Its configuration makes no sense to the doctor, so it may say anything.',
    advice: 'Read it yourself: `mode`, and `ipvs.excludeCIDRs`.',
  },
} as const

/** Findings about kube-proxy, which may change the IPVS table. */
export const KUBE_PROXY_KINDS: Kinds = KINDS

const report = reporter(KINDS, 'kube-proxy')

/** Does kube-proxy leave the rule alone? */
export function kubeProxyFindings(facts: Facts, { virtual }: DoctorConfig): Finding[] {
  const cidr = hostPrefix(virtual)
  const config = configOf(facts)
  const mode = modeOf(facts, config)
  const garbled =
    facts.cluster.proxyConfig.seen && !config.seen ? [report('kube-proxy-config-unreadable', config.why)] : []
  if (mode === undefined) return [report('kube-proxy-unseen', whyUnseen(facts), { cidr }), ...garbled]
  if (mode === 'nftables') return [report('kube-proxy-flushes', 'it is in mode nftables')]
  if (mode !== 'ipvs') return [report('kube-proxy-ok', `it is in mode ${mode}`)]
  if (!config.seen)
    return [report('kube-proxy-exclude-unseen', `it is in mode ipvs; ${config.why}`, { cidr }), ...garbled]
  const { excludeCidrs } = config.value
  const by = excludeCidrs.find((range) => holds(range, virtual.address))
  if (by !== undefined) return [report('kube-proxy-ok', `it is in mode ipvs, and excludeCIDRs has ${by}`)]
  const list = excludeCidrs.length === 0 ? 'empty' : excludeCidrs.join(', ')
  const edit = excludeCommand(config.value, cidr)
  return [report('kube-proxy-deletes', `it is in mode ipvs, and excludeCIDRs is ${list}`, { edit })]
}

/** Its file wins over its flags, as kube-proxy itself has it. */
function configOf({ cluster }: Facts): Seen<KubeProxyConfig> {
  const { processes, proxyConfig } = cluster
  if (proxyConfig.seen) {
    try {
      return saw(readKubeProxyConfig(proxyConfig.value))
    } catch (error) {
      return unseen(messageOf(error))
    }
  }
  const [process] = processesOf(processes, 'kube-proxy')
  if (process === undefined || flagOf(process, '--config') !== undefined) return proxyConfig
  const excludeCidrs = (flagOf(process, '--ipvs-exclude-cidrs') ?? '').split(',').filter((one) => one !== '')
  return saw({ mode: flagOf(process, '--proxy-mode'), excludeCidrs, form: 'other', indent: 0 })
}

/** What it says of itself is best: its configuration may have changed since it was started. */
function modeOf({ cluster }: Facts, config: Seen<KubeProxyConfig>): string | undefined {
  if (cluster.proxyMode.seen) return cluster.proxyMode.value
  return config.seen ? config.value.mode || 'iptables' : undefined
}

function whyUnseen({ cluster: { proxyMode, proxyConfig } }: Facts): string {
  const whys = [proxyMode, proxyConfig].flatMap((one) => (one.seen ? [] : [one.why]))
  return [...new Set(whys)].join('; ')
}
