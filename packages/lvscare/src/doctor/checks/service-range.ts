import type { DoctorConfig } from '../../config.ts'
import type { Facts } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'
import { flagOf, processesOf } from './processes.ts'
import { holds } from './range.ts'

const CHOOSE =
  'Choose a virtual IP outside of serviceSubnet and podSubnet; in a new cluster a smaller ' +
  'serviceSubnet such as 10.96.0.0/22 does as well. A new virtual IP must be in the certificates of ' +
  'the apiservers.'

const KINDS = {
  'service-range-ok': { severity: 'ok', meaning: 'No Service can get the virtual IP as its address.' },
  'service-range-clash': {
    severity: 'warning',
    meaning:
      'The virtual IP lies in the range from which Services get their addresses. The day one gets this ' +
      'very address, kube-proxy takes its connections, or both fight for it.',
    advice: CHOOSE,
  },
  'service-range-likely': {
    severity: 'note',
    meaning:
      'The certificate of the apiservers names an address that is the first of a usual service range, and ' +
      'the virtual IP lies in that range. It may have been made smaller.',
    advice: `Look on a control plane whether it is so. ${CHOOSE}`,
    command: 'grep service-cluster-ip-range /etc/kubernetes/manifests/kube-apiserver.yaml',
  },
  'service-range-unseen': {
    severity: 'note',
    meaning:
      'Whether a Service can get the virtual IP as its address cannot be seen from here; only a control ' +
      'plane knows its range.',
    advice: 'Look there; the virtual IP must not be in it.',
    command: 'grep service-cluster-ip-range /etc/kubernetes/manifests/kube-apiserver.yaml',
  },
} as const

/** Findings about the range from which Services get their addresses. */
export const RANGE_KINDS: Kinds = KINDS

/** Where kube-apiserver's static pod is described. */
export const APISERVER_MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml'

const FLAG = '--service-cluster-ip-range'

/** First addresses of the ranges that clusters have unless somebody chooses: kubeadm, k3s and RKE2, MicroK8s, OpenShift. */
const USUAL: ReadonlyMap<string, string> = new Map([
  ['10.96.0.1', '10.96.0.0/12'],
  ['10.43.0.1', '10.43.0.0/16'],
  ['10.152.183.1', '10.152.183.0/24'],
  ['172.30.0.1', '172.30.0.0/16'],
])

const report = reporter(KINDS, 'service range')

/** Can a Service get the virtual IP? */
export function serviceRangeFindings(facts: Facts, { virtual }: DoctorConfig): Finding[] {
  const known = knownRanges(facts)
  const clash = known.filter(({ range }) => holds(range, virtual.address))
  if (clash.length > 0)
    return clash.map(({ range, where }) =>
      report('service-range-clash', `${virtual.address} is in ${range} (${where})`),
    )
  const all = known.map(({ range }) => range).join(', ')
  if (known.length > 0) return [report('service-range-ok', `${virtual.address} is not in ${all}`)]
  const likely = likelyRanges(facts).find((range) => holds(range, virtual.address))
  if (likely !== undefined)
    return [report('service-range-likely', `${virtual.address} would be in ${likely}, a default`)]
  return [report('service-range-unseen', 'no kube-apiserver is seen on this node')]
}

/** What the apiserver of this node was told, each range once. */
function knownRanges({ cluster }: Facts): { range: string; where: string }[] {
  const manifest = cluster.manifest.seen ? cluster.manifest.value : ''
  const written = [...manifest.matchAll(/--service-cluster-ip-range[=\s]+["']?([\da-fA-F.:/,]+)/g)]
  const said = ['kube-apiserver', 'kube-controller-manager'].flatMap((program) =>
    processesOf(cluster.processes, program).flatMap((one) => {
      const value = flagOf(one, FLAG)
      return value === undefined ? [] : [{ value, where: `${program}, process ${one.pid}` }]
    }),
  )
  const values = [...written.map(([, value = '']) => ({ value, where: APISERVER_MANIFEST })), ...said]
  const all = values.flatMap(({ value, where }) => value.split(',').map((range) => ({ range, where })))
  return [...new Map(all.reverse().map((one) => [one.range, one])).values()].reverse()
}

function likelyRanges({ servers }: Facts): string[] {
  const names = servers.flatMap(({ certificate }) =>
    certificate?.seen === true ? certificate.value.names : [],
  )
  return [...new Set(names)].flatMap((name) => USUAL.get(name) ?? [])
}
