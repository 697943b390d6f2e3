import type { NewService } from '@lvscare/ipvs'

/** Every kind of service, and how `ipvsadm -Sn` writes it. */
export const SERVICE_CASES: ReadonlyArray<readonly [service: NewService, saved: string]> = [
  [{ protocol: 'tcp', address: '10.1.2.3', port: 6443, scheduler: 'rr' }, '-A -t 10.1.2.3:6443 -s rr'],
  [{ protocol: 'udp', address: '10.1.2.3', port: 6443, scheduler: 'wlc' }, '-A -u 10.1.2.3:6443 -s wlc'],
  [
    { protocol: 'sctp', address: '10.1.2.3', port: 99, scheduler: 'lc' },
    '-A --sctp-service 10.1.2.3:99 -s lc',
  ],
  [{ protocol: 'tcp', address: 'fd00::1', port: 6443, scheduler: 'wrr' }, '-A -t [fd00::1]:6443 -s wrr'],
  [{ protocol: 'udp', address: 'fd00::1', port: 53, scheduler: 'rr' }, '-A -u [fd00::1]:53 -s rr'],
  [
    { protocol: 'sctp', address: 'fd00::1', port: 99, scheduler: 'rr' },
    '-A --sctp-service [fd00::1]:99 -s rr',
  ],
  [{ fwmark: 7, family: 'inet', scheduler: 'sed' }, '-A -f 7 -s sed'],
  [{ fwmark: 7, family: 'inet6', scheduler: 'nq' }, '-A -f 7 -6 -s nq'],
  [{ fwmark: 0x7fff_ffff, family: 'inet', scheduler: 'dh' }, '-A -f 2147483647 -s dh'],
  [{ protocol: 'tcp', address: '10.1.2.3', port: 1, scheduler: 'none' }, '-A -t 10.1.2.3:1 -s none'],
  [
    { protocol: 'udp', address: '10.1.2.3', port: 53, scheduler: 'rr', flags: ['onepacket'] },
    '-A -u 10.1.2.3:53 -s rr -o',
  ],
  [
    { protocol: 'tcp', address: '10.1.2.3', port: 80, scheduler: 'sh', flags: ['sched1', 'sched2'] },
    '-A -t 10.1.2.3:80 -s sh -b sh-fallback,sh-port',
  ],
  [
    { protocol: 'tcp', address: '10.1.2.3', port: 80, scheduler: 'mh', flags: ['sched2'] },
    '-A -t 10.1.2.3:80 -s mh -b mh-port',
  ],
  [
    { protocol: 'tcp', address: 'fd00::1', port: 80, scheduler: 'rr', flags: ['sched1', 'sched2', 'sched3'] },
    '-A -t [fd00::1]:80 -s rr -b flag-1,flag-2,flag-3',
  ],
  [
    {
      protocol: 'tcp',
      address: '10.1.2.3',
      port: 0,
      scheduler: 'rr',
      flags: ['persistent'],
      persistenceTimeout: 360,
    },
    '-A -t 10.1.2.3:0 -s rr -p 360',
  ],
  [
    {
      ...{ protocol: 'tcp', address: '10.1.2.3', port: 80, scheduler: 'wrr' },
      ...{ flags: ['persistent'], persistenceTimeout: 31 * 24 * 3600, netmask: '255.255.255.0' },
    },
    '-A -t 10.1.2.3:80 -s wrr -p 2678400 -M 255.255.255.0',
  ],
  [
    {
      ...{ protocol: 'tcp', address: 'fd00::1', port: 80, scheduler: 'rr' },
      ...{ flags: ['persistent'], persistenceTimeout: 60, netmask: '64' },
    },
    '-A -t [fd00::1]:80 -s rr -p 60 -M 64',
  ],
  [
    {
      ...{ protocol: 'udp', address: '10.1.2.3', port: 5060, scheduler: 'rr' },
      ...{ flags: ['persistent', 'onepacket'], persistenceTimeout: 100, peName: 'sip' },
    },
    '-A -u 10.1.2.3:5060 -s rr -p 100 --pe sip -o',
  ],
]
