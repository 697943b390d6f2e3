import type { DestinationEntry, Ipvs, IpvsErrorCode, Service, ServiceEntry, Stats } from '../src/index.ts'

/** One call of which there is a capture. */
export interface GoldenCall {
  /** What stands in the capture's header. */
  readonly command: string
  /** The table before, as `ipvsadm -R` reads it; nothing where it is not said. */
  readonly table?: readonly string[]
  readonly call: (ipvs: Ipvs) => unknown
  readonly result?: unknown
  readonly code?: IpvsErrorCode
  /** `old-kernel`: answers of a socket without NETLINK_CAP_ACK; `traffic`: three datagrams came through the first service before. */
  readonly setting?: 'old-kernel' | 'traffic'
}

const tcp = { protocol: 'tcp', address: '10.1.2.3', port: 6443 } as const
const tcp6 = { protocol: 'tcp', address: 'fd00::1', port: 6443 } as const
const udp = { protocol: 'udp', address: '10.1.2.3', port: 7007 } as const
const mark = { fwmark: 7, family: 'inet6' } as const
const server = { address: '192.0.2.10', port: 6443 }
const server6 = { address: '2001:db8::10', port: 6443 }

const RR = '-A -t 10.1.2.3:6443 -s rr'
const MEMBER = '-a -t 10.1.2.3:6443 -r 192.0.2.10:6443 -m -w 1'

const zeroStats: Stats = {
  connections: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
  connectionRate: 0n,
  inPacketRate: 0n,
  outPacketRate: 0n,
  inByteRate: 0n,
  outByteRate: 0n,
}

/** Three datagrams of 1000 bytes each way; the rates are those of the capture, and differ in the next. */
const TRAFFIC: Stats = {
  ...{ connections: 1n, inPackets: 3n, outPackets: 3n, inBytes: 3084n, outBytes: 3084n },
  ...{ connectionRate: 0n, inPacketRate: 0n, outPacketRate: 0n, inByteRate: 385n, outByteRate: 385n },
}

function service(
  own: Partial<Service> & Pick<Service, 'scheduler'>,
  stats = zeroStats,
): Partial<ServiceEntry> {
  return { flags: [], persistenceTimeout: 0, netmask: '255.255.255.255', stats, ...own }
}

function member(own: Partial<DestinationEntry>, stats = zeroStats): Partial<DestinationEntry> {
  return {
    ...{ ...server, forward: 'masq', weight: 1, upperThreshold: 0, lowerThreshold: 0 },
    ...{ activeConnections: 0, inactiveConnections: 0, persistentConnections: 0, stats },
    ...own,
  }
}

const PERSISTENT = { flags: ['persistent'], persistenceTimeout: 30 } as const
const MANY = Array.from({ length: 12 }, (_, n) => 8001 + n)
const gue = { type: 'gue', port: 5555, flags: ['csum'] } as const

/** Calls that only read. */
const READS: Record<string, GoldenCall> = {
  info: {
    command: 'GET_INFO',
    call: (ipvs) => ipvs.info(),
    result: { version: '1.2.1', connectionTableSize: 4096 },
  },
  config: {
    command: 'GET_CONFIG',
    call: (ipvs) => ipvs.timeouts(),
    result: { tcp: 900, tcpFin: 120, udp: 300 },
  },
  'get-service-dump': {
    command: 'GET_SERVICE dump of an empty table',
    call: (ipvs) => ipvs.services(),
    result: [],
  },
  'get-services': {
    command: 'GET_SERVICE dump with TCP IPv6 sh sh-fallback,sh-port mask 64, and FWM 7 inet6 wrr',
    table: ['-A -t [fd00::1]:6443 -s sh -b sh-fallback,sh-port -p 60 -M 64', '-A -f 7 -6 -s wrr'],
    call: (ipvs) => ipvs.services(),
    result: [
      service({
        ...{ ...tcp6, scheduler: 'sh', flags: ['persistent', 'sched1', 'sched2'] },
        ...{ persistenceTimeout: 60, netmask: '64' },
      }),
      service({ ...mark, scheduler: 'wrr', netmask: '128' }),
    ],
  },
  'service-persistent': {
    command: 'GET_SERVICE of TCP 10.1.2.3:6443 rr persistent 30',
    table: [`${RR} -p 30`],
    call: (ipvs) => ipvs.service(tcp),
    result: service({ ...tcp, scheduler: 'rr', ...PERSISTENT }),
  },
  'service-sip': {
    command: 'GET_SERVICE of UDP 10.1.2.3:7007 rr persistent 30 pe sip ops',
    table: ['-A -u 10.1.2.3:7007 -s rr -p 30 --pe sip -o'],
    call: (ipvs) => ipvs.service(udp),
    result: service({
      ...udp,
      scheduler: 'rr',
      ...PERSISTENT,
      flags: ['persistent', 'onepacket'],
      peName: 'sip',
    }),
  },
  'service-counters': {
    command: 'GET_SERVICE of UDP 10.1.2.3:7007 after three datagrams',
    setting: 'traffic',
    table: ['-A -u 10.1.2.3:7007 -s rr', '-a -u 10.1.2.3:7007 -r 127.0.0.1:7007 -m -w 1'],
    call: (ipvs) => ipvs.service(udp),
    result: service({ ...udp, scheduler: 'rr' }, TRAFFIC),
  },
  'dest-counters': {
    command: 'GET_DEST dump of UDP 10.1.2.3:7008 after three datagrams',
    setting: 'traffic',
    // Not 7007: the connection through that one is still there.
    table: ['-A -u 10.1.2.3:7008 -s rr', '-a -u 10.1.2.3:7008 -r 127.0.0.1:7007 -m -w 1'],
    call: (ipvs) => ipvs.destinations({ ...udp, port: 7008 }),
    result: [member({ address: '127.0.0.1', port: 7007, inactiveConnections: 1 }, TRAFFIC)],
  },
  'service-missing': {
    command: 'GET_SERVICE of none (ESRCH)',
    call: (ipvs) => ipvs.service({ ...tcp, port: 1 }),
    result: undefined,
  },
  'get-dest-dump': {
    command: 'GET_DEST dump of TCP 10.1.2.3:6443 without destinations',
    table: [RR],
    call: (ipvs) => ipvs.destinations(tcp),
    result: [],
  },
  'dest-missing': {
    command: 'GET_DEST dump of no service',
    call: (ipvs) => ipvs.destinations(mark),
    result: undefined,
  },
  'dest-tunnel': {
    command: 'GET_DEST dump with 127.0.0.9:6443 tunnel gue 5555 csum',
    table: [RR, '-a -t 10.1.2.3:6443 -r 127.0.0.9:6443 -i --tun-type gue --tun-port 5555 --tun-csum'],
    call: (ipvs) => ipvs.destinations(tcp),
    result: [member({ address: '127.0.0.9', forward: 'tunnel', tunnel: gue })],
  },
  'dest-kinds': {
    command:
      'GET_DEST dump with an IPv6 tunnel, a direct route of weight 0, and masquerading with thresholds 9 and 5',
    table: [
      RR,
      '-a -t 10.1.2.3:6443 -r 192.0.2.10:6443 -m -w 65535 -x 9 -y 5',
      '-a -t 10.1.2.3:6443 -r 192.0.2.11:6443 -g -w 0',
      '-a -t 10.1.2.3:6443 -r [2001:db8::10]:6443 -i -w 2',
    ],
    call: (ipvs) => ipvs.destinations(tcp),
    result: [
      member({ ...server6, forward: 'tunnel', weight: 2, tunnel: { type: 'ipip', port: 0, flags: [] } }),
      member({ address: '192.0.2.11', forward: 'droute', weight: 0 }),
      member({ weight: 65535, upperThreshold: 9, lowerThreshold: 5 }),
    ],
  },
  'dest-many': {
    command: 'GET_DEST dump of TCP [fd00::1]:6443 with twelve destinations, over two datagrams',
    table: [
      '-A -t [fd00::1]:6443 -s rr',
      ...MANY.map((port) => `-a -t [fd00::1]:6443 -r [2001:db8::10]:${port} -m`),
    ],
    call: (ipvs) => ipvs.destinations(tcp6),
    result: MANY.map((port) => member({ ...server6, port })).reverse(),
  },
}

/** Calls that change something. */
const CHANGES: Record<string, GoldenCall> = {
  ack: { command: 'ZERO of everything', call: (ipvs) => ipvs.zero() },
  'zero-service': { command: 'ZERO of TCP 10.1.2.3:6443', table: [RR], call: (ipvs) => ipvs.zero(tcp) },
  'set-config': {
    command: 'SET_CONFIG tcp 901, tcpfin 121, udp 301',
    call: (ipvs) => ipvs.setTimeouts({ tcp: 901, tcpFin: 121, udp: 301 }),
  },
  'new-service': {
    command: 'NEW_SERVICE TCP 10.1.2.3:6443 rr',
    call: (ipvs) => ipvs.addService({ ...tcp, scheduler: 'rr' }),
  },
  'new-service-6': {
    command: 'NEW_SERVICE TCP [fd00::1]:6443 sh sh-fallback,sh-port persistent 60 mask 64',
    call: (ipvs) =>
      ipvs.addService({
        ...{ ...tcp6, scheduler: 'sh', flags: ['persistent', 'sched1', 'sched2'] },
        ...{ persistenceTimeout: 60, netmask: '64' },
      }),
  },
  'new-service-fwmark': {
    command: 'NEW_SERVICE FWM 7 inet6 wrr',
    call: (ipvs) => ipvs.addService({ ...mark, scheduler: 'wrr' }),
  },
  'new-service-sip': {
    command: 'NEW_SERVICE UDP 10.1.2.3:7007 rr persistent 30 pe sip ops',
    call: (ipvs) =>
      ipvs.addService({
        ...{ ...udp, scheduler: 'rr', flags: ['persistent', 'onepacket'] },
        ...{ persistenceTimeout: 30, peName: 'sip' },
      }),
  },
  'new-service-exists': {
    command: 'NEW_SERVICE of one that is there (EEXIST)',
    table: [RR],
    call: (ipvs) => ipvs.addService({ ...tcp, scheduler: 'rr' }),
    code: 'ERR_IPVS_EXISTS',
  },
  'new-service-no-scheduler': {
    command: 'NEW_SERVICE with a scheduler that nobody has (ENOENT)',
    call: (ipvs) => ipvs.addService({ ...tcp, scheduler: 'nonesuch' }),
    code: 'ERR_IPVS_NO_SCHEDULER',
  },
  'set-service': {
    command: 'SET_SERVICE TCP 10.1.2.3:6443 wlc persistent 30',
    table: [RR],
    call: (ipvs) => ipvs.setService({ ...tcp, scheduler: 'wlc', ...PERSISTENT }),
  },
  'set-service-missing': {
    command: 'SET_SERVICE of none (ESRCH)',
    call: (ipvs) => ipvs.setService({ ...tcp, scheduler: 'rr' }),
    code: 'ERR_IPVS_NO_SERVICE',
  },
  'del-service': {
    command: 'DEL_SERVICE TCP 10.1.2.3:6443',
    table: [RR],
    call: (ipvs) => ipvs.deleteService(tcp),
  },
  'no-service': {
    command: 'DEL_SERVICE of none (ESRCH), without NETLINK_CAP_ACK',
    setting: 'old-kernel',
    call: (ipvs) => ipvs.deleteService({ ...tcp, port: 1 }),
    code: 'ERR_IPVS_NO_SERVICE',
  },
  'new-dest': {
    command: 'NEW_DEST 192.0.2.10:6443 masq weight 1 of TCP 10.1.2.3:6443',
    table: [RR],
    call: (ipvs) => ipvs.addDestination(tcp, server),
  },
  'new-dest-tunnel': {
    command: 'NEW_DEST [2001:db8::10]:6443 tunnel gue 5555 csum, thresholds 9 and 5, of TCP 10.1.2.3:6443',
    table: [RR],
    call: (ipvs) =>
      ipvs.addDestination(tcp, {
        ...{ ...server6, forward: 'tunnel', weight: 0, upperThreshold: 9, lowerThreshold: 5 },
        tunnel: gue,
      }),
  },
  'new-dest-fwmark': {
    command: 'NEW_DEST [2001:db8::10]:0 droute of FWM 7 inet6',
    table: ['-A -f 7 -6 -s rr'],
    call: (ipvs) => ipvs.addDestination(mark, { ...server6, port: 0, forward: 'droute' }),
  },
  'new-dest-exists': {
    command: 'NEW_DEST of one that is there (EEXIST)',
    table: [RR, MEMBER],
    call: (ipvs) => ipvs.addDestination(tcp, server),
    code: 'ERR_IPVS_EXISTS',
  },
  'new-dest-no-service': {
    command: 'NEW_DEST of no service (ESRCH)',
    call: (ipvs) => ipvs.addDestination(tcp, server),
    code: 'ERR_IPVS_NO_SERVICE',
  },
  'set-dest': {
    command: 'SET_DEST 192.0.2.10:6443 masq weight 0 of TCP 10.1.2.3:6443',
    table: [RR, MEMBER],
    call: (ipvs) => ipvs.setDestination(tcp, { ...server, weight: 0 }),
  },
  'set-dest-missing': {
    command: 'SET_DEST of none (ENOENT)',
    table: [RR],
    call: (ipvs) => ipvs.setDestination(tcp, server),
    code: 'ERR_IPVS_NO_DESTINATION',
  },
  'del-dest': {
    command: 'DEL_DEST 192.0.2.10:6443 of TCP 10.1.2.3:6443',
    table: [RR, MEMBER],
    call: (ipvs) => ipvs.deleteDestination(tcp, server),
  },
  'del-dest-missing': {
    command: 'DEL_DEST of none (ENOENT)',
    table: [RR],
    call: (ipvs) => ipvs.deleteDestination(tcp, server),
    code: 'ERR_IPVS_NO_DESTINATION',
  },
}

/** Every captured call, by the name of its file in `golden/`. */
export const GOLDEN_CALLS: Readonly<Record<string, GoldenCall>> = { ...READS, ...CHANGES }
