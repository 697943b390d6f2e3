import type { DestinationEntry, ServiceEntry } from '@lvscare/ipvs'
import type { Link } from '@lvscare/netlink'
import { type DoctorConfig, doctorConfig, FlagValues, localRoute, parseEndpoint } from 'lvscare'
import type { Facts, ServerFacts, ShownCertificate } from '../../src/doctor/facts.ts'
import { saw, unseen } from '../../src/doctor/facts.ts'
import { type GuardFacts, guardReport } from '../../src/status/report.ts'
import type { StatusReport } from '../../src/status/shape.ts'
import type { GuardView } from '../../src/view.ts'
import { memberOf } from '../fake-table.ts'
import { HEALTHY } from '../verdicts.ts'
import { guardView, serverView } from '../views.ts'

export const VIP = '10.103.97.2'
export const NODE = '192.0.2.1'
export const A = '192.0.2.11:6443'
export const B = '192.0.2.12:6443'
export const SERVERS: readonly string[] = [A, B]

export const NOW_MS: number = Date.UTC(2030, 0, 1)
export const DAY_MS = 24 * 3600 * 1000

/** The configuration of some flags, on top of `--vs` and two `--rs`. */
export function configOf(flags: Readonly<Record<string, string | boolean>> = {}): DoctorConfig {
  const given = new Map<string, (string | boolean)[]>([
    ['vs', [`${VIP}:6443`]],
    ['rs', [...SERVERS]],
  ])
  for (const [name, value] of Object.entries(flags)) given.set(name, [value])
  return doctorConfig(new FlagValues(given))
}

/** A service as the kernel has it. */
export const SERVICE: ServiceEntry = {
  protocol: 'tcp',
  address: VIP,
  port: 6443,
  scheduler: 'rr',
  flags: [],
  persistenceTimeout: 0,
  netmask: '255.255.255.255',
  stats: memberOf({ address: VIP, port: 6443 }).stats,
}

/** A member as the kernel has it. */
export function member(
  text: string,
  weight = 1,
  forward: DestinationEntry['forward'] = 'masq',
): DestinationEntry {
  const { address, port } = parseEndpoint(text)
  return memberOf({ address, port, weight, forward })
}

/** A certificate for the virtual IP and one server, for a year. */
export function certificate(address: string, changes: Partial<ShownCertificate> = {}): ShownCertificate {
  return {
    subject: 'CN=kube-apiserver',
    issuer: 'CN=kubernetes',
    names: ['kubernetes', address, VIP],
    covers: [VIP, address],
    beginsMs: NOW_MS - DAY_MS,
    expiresMs: NOW_MS + 365 * DAY_MS,
    distrust: undefined,
    ...changes,
  }
}

/** A server that answers. */
export function server(text: string): ServerFacts {
  const endpoint = parseEndpoint(text)
  return {
    server: endpoint,
    verdict: HEALTHY,
    certificate: saw(certificate(endpoint.address)),
  }
}

export function link(index: number, name: string, kind?: string, up = true): Link {
  return { index, name, mtu: 1500, up, loopback: name === 'lo', ...(kind === undefined ? {} : { kind }) }
}

/** What a guard tells: that of the healthy node, or one that differs from it. */
export function told(view: Partial<GuardView> = {}, facts: Partial<GuardFacts> = {}): StatusReport {
  const servers = SERVERS.map((text) => serverView(text))
  const own = {
    virtual: `${VIP}:6443`,
    scheduler: 'rr',
    mode: 'local',
    version: '1',
    pid: 7,
    flags: new Map(),
  }
  return guardReport(guardView({ servers, ...view }), { ...own, ...facts }, () => [], NOW_MS)
}

/** A node on which nothing is wrong; what only a control plane knows is seen too. */
export function healthy(): Facts {
  return {
    nowMs: NOW_MS,
    kernel: {
      release: '6.1.0-50-amd64',
      ipvs: saw({ version: '1.2.1', connectionTableSize: 4096 }),
      modules: new Map([['ip_vs_rr', saw('loaded')]]),
      settings: new Map([
        ['net.ipv4.vs.expire_nodest_conn', saw('1')],
        ['net.ipv4.vs.expire_quiescent_template', saw('1')],
        ['net.ipv4.vs.conn_reuse_mode', saw('1')],
      ]),
    },
    network: saw({
      links: [link(1, 'lo'), link(2, 'eth0')],
      addresses: [
        { address: '127.0.0.1', prefixLength: 8, link: 'lo' },
        { address: NODE, prefixLength: 24, link: 'eth0' },
      ],
      entry: localRoute(parseEndpoint(`${VIP}:6443`), NODE),
    }),
    nodeAddress: saw(NODE),
    rule: saw({ service: SERVICE, members: SERVERS.map((text) => member(text)) }),
    masquerade: undefined,
    servers: SERVERS.map(server),
    through: SERVERS.map((text) => ({
      verdict: HEALTHY,
      certificate: certificate(parseEndpoint(text).address),
    })),
    cluster: {
      processes: saw([{ pid: 1, argv: ['/sbin/init'] }]),
      proxyMode: saw('iptables'),
      proxyConfig: unseen('no process kube-proxy is seen'),
      manifest: saw('    - --service-cluster-ip-range=10.96.0.0/22\n'),
    },
    guard: { report: saw(told()), guarded: saw([`${VIP}:6443`]) },
  }
}
