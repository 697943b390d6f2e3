import type { DoctorConfig } from '../../config.ts'
import { ipFor, shellWord } from '../commands.ts'
import type { Facts, NetworkFacts, NodeAddress } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'
import { deviceFindings } from './device.ts'
import { routeFindings } from './route.ts'

const KINDS = {
  'network-unseen': {
    severity: 'error',
    meaning:
      'Links, addresses and routes could not be read, so nothing is known about the way to the virtual IP.',
    advice: 'Look up the code of the error in docs/errors.md. A security profile may forbid netlink sockets.',
  },
  'node-address-unknown': {
    severity: 'error',
    meaning: 'The route to the virtual IP needs an address of this node, and nobody says which it is.',
    advice:
      'Give --ip, set LVSCARE_NODE_IP, write a line for lvscare.node.ip into /etc/hosts, or repair the ' +
      'network: there is no route to any server.',
  },
  'node-address-foreign': {
    severity: 'error',
    meaning:
      "What was given as this node's address is none of its addresses: the kernel refuses a route from it.",
    advice: 'Correct --ip, LVSCARE_NODE_IP or the line for lvscare.node.ip in /etc/hosts.',
  },
  'vip-taken': {
    severity: 'error',
    meaning:
      'The virtual IP is an address of a link of this node. Its own connections then come from the virtual ' +
      'IP, and servers on other hosts cannot answer them.',
    advice:
      "Take it off that link, or choose another virtual IP. It may be left from lvscare's mode link or " +
      'from keepalived.',
    command: '{ip} addr del {address} dev {link}',
  },
  'vip-is-a-service': {
    severity: 'error',
    meaning:
      'kube-proxy has put the virtual IP on its device kube-ipvs0: a Service of the cluster has this very ' +
      'address, and two balancers claim it.',
    advice:
      'Where kubectl works, find the Service with the CLUSTER-IP {vip}, and give it another. Better choose a virtual IP outside of the service range.',
    command: 'kubectl get services --all-namespaces',
  },
} as const

/** Findings about this node's addresses and the virtual IP among them. */
export const NETWORK_KINDS: Kinds = KINDS

const report = reporter(KINDS, 'network')

/** The device on which kube-proxy in mode ipvs puts the address of every Service. */
const KUBE_DEVICE = 'kube-ipvs0'

/** Does this node have the addresses it should have, and does the way to the virtual IP lead where it should? */
export function networkFindings(facts: Facts, config: DoctorConfig): Finding[] {
  const { network, nodeAddress } = facts
  if (!network.seen) return [report('network-unseen', network.why)]
  const taken = takenFindings(network.value, config)
  const own = config.mode === 'local' || config.mode === 'route' ? addressFindings(facts, network.value) : []
  if (taken.length > 0) return [...own, ...taken]
  if (config.mode === 'link') return deviceFindings(network.value, config)
  return [...own, ...routeFindings(network.value, config, nodeAddress.seen ? nodeAddress.value : undefined)]
}

function addressFindings({ nodeAddress }: Facts, { addresses }: NetworkFacts): Finding[] {
  if (!nodeAddress.seen) return [report('node-address-unknown', nodeAddress.why)]
  const isOurs = addresses.some(({ address }) => address === nodeAddress.value)
  return isOurs ? [] : [report('node-address-foreign', `${nodeAddress.value} is on no link of this node`)]
}

/** In mode `link` the virtual IP belongs on the device of that mode; in mode `none` it is not ours to say where. */
function takenFindings({ addresses }: NetworkFacts, config: DoctorConfig): Finding[] {
  const { virtual, mode, iface } = config
  const isRight = (link: string): boolean =>
    (mode === 'link' && link === iface) || (mode === 'none' && link !== KUBE_DEVICE)
  return addresses
    .filter(({ address, link }) => address === virtual.address && !isRight(link))
    .map((one) => takenFinding(one, config))
}

function takenFinding({ address, prefixLength, link }: NodeAddress, { virtual }: DoctorConfig): Finding {
  const message = `${address}/${prefixLength} is on ${link}`
  if (link === KUBE_DEVICE) return report('vip-is-a-service', message, { vip: address })
  const values = { ip: ipFor(virtual), address: `${address}/${prefixLength}`, link: shellWord(link) }
  return report('vip-taken', message, values)
}
