import ipaddr from 'ipaddr.js'
import type { DoctorConfig } from '../../config.ts'
import { shellWord } from '../commands.ts'
import type { Facts, NetworkFacts, Seen } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'
import { isNewEnough, kernelVersion } from './kernel.ts'

const KEEP = 'Write it into a file of /etc/sysctl.d too, to keep it over a restart.'

const KINDS = {
  'sysctls-ok': { severity: 'ok', meaning: 'They are what the rule needs.' },
  'sysctl-expire-nodest-conn': {
    severity: 'warning',
    meaning:
      'Packets of connections to a removed server are dropped without a word: their clients hang for up to ' +
      '15 minutes.',
    advice: KEEP,
    command: 'sysctl -w net.ipv4.vs.expire_nodest_conn=1',
  },
  'sysctl-expire-quiescent-template': {
    severity: 'note',
    meaning:
      'A service that keeps clients with their server would go on sending them to a drained one. The rule ' +
      'of the guard is not of that kind.',
    advice: KEEP,
    command: 'sysctl -w net.ipv4.vs.expire_quiescent_template=1',
  },
  'sysctl-conntrack': {
    severity: 'error',
    meaning:
      'Packets of IPVS are not tracked, so no masquerading ever applies to them, and what needs it gets no answer.',
    advice: KEEP,
    command: 'sysctl -w net.ipv4.vs.conntrack=1',
  },
  'sysctl-conn-reuse-mode': {
    severity: 'warning',
    meaning:
      'A client that uses its port again goes to the server of its old connection, even when that one has ' +
      'left the rule. kube-proxy sets it so on kernels before 5.9, which this is not.',
    advice: KEEP,
    command: 'sysctl -w net.ipv4.vs.conn_reuse_mode=1',
  },
  'sysctl-forwarding': {
    severity: 'warning',
    meaning: 'The kernel forwards nothing, so pods do not get through to the virtual IP, masqueraded or not.',
    advice: KEEP,
    command: 'sysctl -w {name}=1',
  },
  'sysctl-arp-ignore': {
    severity: 'note',
    meaning:
      'The virtual IP lies in a subnet of this link, and the node answers ARP for it: others on that link ' +
      'who look for the address may find this node.',
    advice: KEEP,
    command: 'sysctl -w {name}=1',
  },
  'sysctl-unseen': {
    severity: 'note',
    meaning: 'This setting could not be read, so whether it is right cannot be said.',
    advice: 'Run the doctor in the network namespace of the node, with /proc/sys readable.',
  },
} as const

/** Findings about settings of the kernel. */
export const SYSCTL_KINDS: Kinds = KINDS

const report = reporter(KINDS, 'sysctls')

const EXPIRE_NODEST = 'net.ipv4.vs.expire_nodest_conn'
const EXPIRE_TEMPLATE = 'net.ipv4.vs.expire_quiescent_template'
const CONNTRACK = 'net.ipv4.vs.conntrack'
const REUSE = 'net.ipv4.vs.conn_reuse_mode'

/** The settings that are to be read for a configuration on a node with these addresses. */
export function neededSettings(config: DoctorConfig, network: Seen<NetworkFacts>): string[] {
  return [
    ...[EXPIRE_NODEST, EXPIRE_TEMPLATE, REUSE],
    ...(config.masquerade ? [CONNTRACK, forwarding(config)] : []),
    ...onLinks(config, network).flatMap((link) => [arpIgnore('all'), arpIgnore(link)]),
  ]
}

/** Are the settings of the kernel what the rule needs? */
export function sysctlFindings(facts: Facts, config: DoctorConfig): Finding[] {
  // Without IPVS there are no settings of it, and that has been said.
  if (!facts.kernel.ipvs.seen) return []
  const { settings } = facts.kernel
  const wrong = [...wrongOnes(facts, config), ...arpFindings(facts, config), ...blindSpots(settings)]
  if (wrong.length > 0) return wrong
  return [report('sysctls-ok', [...settings].map(([name, value]) => shown(name, value)).join(', '))]
}

type Settings = Facts['kernel']['settings']

function wrongOnes({ kernel: { settings, release } }: Facts, config: DoctorConfig): Finding[] {
  const isOff = (name: string): boolean => textOf(settings.get(name)) === '0'
  const name = forwarding(config)
  const version = kernelVersion(release)
  const isReuseWrong = isOff(REUSE) && version !== undefined && isNewEnough(version)
  return [
    ...(isOff(EXPIRE_NODEST) ? [report('sysctl-expire-nodest-conn', `${EXPIRE_NODEST} is 0`)] : []),
    ...(isOff(EXPIRE_TEMPLATE)
      ? [report('sysctl-expire-quiescent-template', `${EXPIRE_TEMPLATE} is 0`)]
      : []),
    ...(isOff(CONNTRACK) ? [report('sysctl-conntrack', `${CONNTRACK} is 0`)] : []),
    ...(isAbsent(settings.get(CONNTRACK))
      ? [report('sysctl-conntrack', `this kernel has no ${CONNTRACK} (CONFIG_IP_VS_NFCT)`)]
      : []),
    ...(isReuseWrong ? [report('sysctl-conn-reuse-mode', `${REUSE} is 0`)] : []),
    ...(isOff(name) ? [report('sysctl-forwarding', `${name} is 0`, { name })] : []),
  ]
}

/** What could not be read. Every kernel has the first of ours: where it is missing, they are hidden. */
function blindSpots(settings: Settings): Finding[] {
  const whys = [...settings].flatMap(([name, value]) => (value.seen ? [] : [`${name}: ${value.why}`]))
  const hidden = isAbsent(settings.get(EXPIRE_NODEST)) ? [`${EXPIRE_NODEST} is not shown here`] : []
  return [...whys, ...hidden].map((why) => report('sysctl-unseen', why))
}

/** The larger of the link's own value and the one for all counts (ip-sysctl, arp_ignore). */
function arpFindings({ kernel: { settings }, network }: Facts, config: DoctorConfig): Finding[] {
  const answers = (name: string): boolean => textOf(settings.get(name)) === '0'
  return onLinks(config, network)
    .filter((link) => answers(arpIgnore('all')) && answers(arpIgnore(link)))
    .map((link) => {
      const name = shellWord(arpIgnore(link))
      return report('sysctl-arp-ignore', `${config.virtual.address} is in a subnet of ${link}`, { name })
    })
}

/** Links with a subnet that holds the virtual IP, where it is local to the node; IPv6 knows no ARP. */
function onLinks({ virtual, mode }: DoctorConfig, network: Seen<NetworkFacts>): string[] {
  if (!network.seen || virtual.family !== 'inet' || mode === 'route' || mode === 'none') return []
  const vip = ipaddr.IPv4.parse(virtual.address)
  const links = network.value.addresses
    .filter(({ address }) => ipaddr.IPv4.isValid(address) && address !== virtual.address)
    .filter(({ address, prefixLength }) => vip.match(ipaddr.IPv4.parse(address), prefixLength))
    .map(({ link }) => link)
  return [...new Set(links)]
}

function forwarding({ virtual }: DoctorConfig): string {
  return virtual.family === 'inet' ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
}

/** sysctl(8) wants a slash for a dot in the name of a link. */
function arpIgnore(link: string): string {
  return `net.ipv4.conf.${link.replaceAll('.', '/')}.arp_ignore`
}

function isAbsent(setting: Seen<string | undefined> | undefined): boolean {
  return setting?.seen === true && setting.value === undefined
}

function textOf(setting: Seen<string | undefined> | undefined): string | undefined {
  return setting?.seen === true ? setting.value : undefined
}

function shown(name: string, value: Seen<string | undefined>): string {
  return `${name.split('.').slice(-1)}=${textOf(value) ?? 'not in this kernel'}`
}
