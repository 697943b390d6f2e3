import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  completeDestination,
  type Destination,
  type NewDestination,
  type ServiceKey,
  type Tunnel,
} from '@lvscare/ipvs'
import { savedTable, shownTable } from '../lab/ipvsadm.ts'
import { freshTable, refuses, restore, ZERO_STATS } from './ipvs-table.ts'

const V4: ServiceKey = { protocol: 'tcp', address: '10.1.2.3', port: 6443 }
const V6: ServiceKey = { protocol: 'tcp', address: 'fd00::1', port: 6443 }
const MARK: ServiceKey = { fwmark: 7, family: 'inet' }
const MARK6: ServiceKey = { fwmark: 7, family: 'inet6' }

/** How ipvsadm names each of them. */
const NAMES = new Map<ServiceKey, string>([
  [V4, '-t 10.1.2.3:6443'],
  [V6, '-t [fd00::1]:6443'],
  [MARK, '-f 7'],
  [MARK6, '-f 7 -6'],
])

const A = { address: '192.0.2.11', port: 6443 }
const A6 = { address: '2001:db8::b', port: 6443 }
const ipip: Tunnel = { type: 'ipip', port: 0, flags: [] }

/** Every kind of destination, and how `ipvsadm -Sn` writes it behind the name of its service. */
const CASES: ReadonlyArray<readonly [key: ServiceKey, destination: NewDestination, saved: string]> = [
  [V4, A, '-r 192.0.2.11:6443 -m -w 1'],
  [V4, { ...A, weight: 0 }, '-r 192.0.2.11:6443 -m -w 0'],
  [V4, { ...A, weight: 65535 }, '-r 192.0.2.11:6443 -m -w 65535'],
  [V4, { ...A, upperThreshold: 100, lowerThreshold: 50 }, '-r 192.0.2.11:6443 -m -w 1'],
  [V4, { address: '127.0.0.9', port: 8443, weight: 2 }, '-r 127.0.0.9:8443 -m -w 2'],
  [V4, { ...A, forward: 'droute', weight: 9 }, '-r 192.0.2.11:6443 -g -w 9'],
  [V4, { ...A, forward: 'tunnel', tunnel: ipip }, '-r 192.0.2.11:6443 -i -w 1 --tun-type ipip'],
  [
    V4,
    { ...A, forward: 'tunnel', tunnel: { type: 'gue', port: 5555, flags: ['csum'] } },
    '-r 192.0.2.11:6443 -i -w 1 --tun-type gue --tun-port 5555 --tun-csum',
  ],
  [
    V4,
    { ...A, forward: 'tunnel', tunnel: { type: 'gue', port: 65535, flags: ['remcsum'] } },
    '-r 192.0.2.11:6443 -i -w 1 --tun-type gue --tun-port 65535 --tun-remcsum',
  ],
  [
    V4,
    { ...A, forward: 'tunnel', tunnel: { type: 'gre', port: 0, flags: ['csum'] } },
    '-r 192.0.2.11:6443 -i -w 1 --tun-type gre --tun-csum',
  ],
  [V4, { ...A6, forward: 'tunnel', tunnel: ipip }, '-r [2001:db8::b]:6443 -i -w 1 --tun-type ipip'],
  [V6, A6, '-r [2001:db8::b]:6443 -m -w 1'],
  [V6, { ...A6, forward: 'droute' }, '-r [2001:db8::b]:6443 -g -w 1'],
  [V6, { ...A, forward: 'tunnel', tunnel: ipip }, '-r 192.0.2.11:6443 -i -w 1 --tun-type ipip'],
  [MARK, { address: '192.0.2.11', port: 0, forward: 'droute' }, '-r 192.0.2.11:0 -g -w 1'],
  [MARK6, { address: '2001:db8::b', port: 80, weight: 3 }, '-r [2001:db8::b]:80 -m -w 3'],
]

/** As the kernel tells it while nothing comes through. */
function idle(destination: Destination): unknown {
  const counts = { activeConnections: 0, inactiveConnections: 0, persistentConnections: 0 }
  return { ...destination, ...counts, stats: ZERO_STATS }
}

describe('IPVS destinations', () => {
  const table = freshTable()

  for (const [key, destination, saved] of CASES) {
    const name = NAMES.get(key) ?? ''
    const thresholds = `${destination.upperThreshold ?? 0} +${destination.lowerThreshold ?? 0}`
    it(`-a ${name} ${saved}: written, read, set in place and deleted`, () => {
      const { ipvs } = table
      const [service, line] = [`-A ${name} -s rr`, `-a ${name} ${saved}`]
      const entry = idle(completeDestination(destination))
      restore(service)
      ipvs.addDestination(key, destination)
      assert.deepEqual(savedTable(), [service, line])
      assert.match(shownTable('--thresholds'), new RegExp(`:\\d+ +${thresholds} +0 +0 *$`, 'm'))
      assert.deepEqual(ipvs.destination(key, destination), entry)
      assert.deepEqual(ipvs.destinations(key), [entry])
      const { address, port } = destination
      ipvs.setDestination(key, { address, port, forward: 'tunnel', weight: 44 })
      assert.match(savedTable()[1] ?? '', / -i -w 44 --tun-type ipip$/)
      ipvs.setDestination(key, destination)
      assert.deepEqual(savedTable(), [service, line])
      ipvs.deleteDestination(key, destination)
      assert.deepEqual(savedTable(), [service])
      assert.deepEqual(ipvs.destinations(key), [])
      // The other way round: what ipvsadm writes reads the same. It does not save thresholds.
      restore(line)
      const plain = { ...completeDestination(destination), upperThreshold: 0, lowerThreshold: 0 }
      assert.deepEqual(ipvs.destinations(key), [idle(plain)])
    })
  }

  it('many in one service: the list tells each, and one is found among them in any spelling', () => {
    const { ipvs } = table
    restore('-A -t [fd00::1]:6443 -s rr', '-A -t 10.1.2.3:6443 -s rr')
    for (const port of [1, 2, 3]) ipvs.addDestination(V6, { ...A6, port, weight: port })
    ipvs.addDestination(V4, A)
    const weights = ipvs.destinations(V6)?.map(({ port, weight }) => [port, weight])
    assert.deepEqual(weights?.sort(), [
      [1, 1],
      [2, 2],
      [3, 3],
    ])
    assert.equal(ipvs.destination(V6, { address: '2001:0DB8:0::b', port: 2 })?.weight, 2)
    assert.equal(ipvs.destination(V6, { ...A6, port: 4 }), undefined)
    assert.equal(ipvs.destination({ ...V6, port: 1 } as ServiceKey, A6), undefined)
    ipvs.deleteDestination(V6, { ...A6, port: 2 })
    assert.deepEqual(savedTable(), [
      '-A -t 10.1.2.3:6443 -s rr',
      '-a -t 10.1.2.3:6443 -r 192.0.2.11:6443 -m -w 1',
      '-A -t [fd00::1]:6443 -s rr',
      '-a -t [fd00::1]:6443 -r [2001:db8::b]:1 -m -w 1',
      '-a -t [fd00::1]:6443 -r [2001:db8::b]:3 -m -w 3',
    ])
  })

  // ipvsadm knows no option for the first and no word for the others, /proc/net/ip_vs calls them Masq.
  for (const [forward, shown] of [
    ['local', 'Local'],
    ['bypass', '\\(null\\)'],
    ['method-5', '\\S+'],
  ] as const) {
    it(`${forward} is told by the kernel as it was written`, () => {
      const { ipvs } = table
      restore('-A -t 10.1.2.3:6443 -s rr')
      ipvs.addDestination(V4, { ...A, forward })
      assert.match(shownTable(), new RegExp(`-> 192\\.0\\.2\\.11:6443 +${shown} +1 +0 +0`))
      assert.equal(ipvs.destination(V4, A)?.forward, forward)
    })
  }

  it('a masqueraded destination of the other family is refused before the kernel sees it', () => {
    restore('-A -t 10.1.2.3:6443 -s rr')
    refuses('ERR_IPVS_INVALID', () => table.ipvs.addDestination(V4, A6), /forward must be tunnel/)
    assert.deepEqual(savedTable(), ['-A -t 10.1.2.3:6443 -s rr'])
  })
})
