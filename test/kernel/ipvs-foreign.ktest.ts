import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Ipvs, NewService, ServiceKey } from '@lvscare/ipvs'
import { ECHO_PORT, exchangeTcp, exchangeUdp } from '../lab/echo.ts'
import { savedTable, shownTable } from '../lab/ipvsadm.ts'
import { waitFor } from '../lab/wait.ts'
import { freshTable, refuses, restore } from './ipvs-table.ts'
import { columnsOf, echoNetwork, VIP } from './ipvs-traffic.ts'

/** Services of others, next to ours in every respect; the last two get traffic. */
const FOREIGN = `-A -t 10.9.9.9:6444 -s wlc -p 300 -M 255.255.0.0
-a -t 10.9.9.9:6444 -r 192.0.2.11:6443 -m -w 4
-a -t 10.9.9.9:6444 -r 192.0.2.12:6443 -i -w 2 --tun-type gue --tun-port 5555
-A -u 10.9.9.9:6443 -s rr -p 100 --pe sip
-A -t [fd00:9::9]:6443 -s sh -b sh-port
-a -t [fd00:9::9]:6443 -r [2001:db8::b]:6443 -g -w 2
-A -f 8 -s wrr
-a -f 8 -r 192.0.2.13:0 -g -w 9
-A -f 7 -6 -s mh -b mh-port
-A -t 10.103.97.2:7007 -s rr
-a -t 10.103.97.2:7007 -r 192.0.2.11:7007 -m -w 1
-A -u 10.103.97.2:7007 -s rr
-a -u 10.103.97.2:7007 -r 192.0.2.12:7007 -m -w 1
`
  .trim()
  .split('\n')

const OWN: ReadonlyArray<readonly [key: ServiceKey, saved: string, server: string]> = [
  [{ protocol: 'tcp', address: '10.9.9.9', port: 6443 }, '-t 10.9.9.9:6443', '192.0.2.11'],
  [{ protocol: 'udp', address: 'fd00:9::9', port: 6443 }, '-u [fd00:9::9]:6443', '2001:db8::b'],
  [{ fwmark: 7, family: 'inet' }, '-f 7', '192.0.2.11'],
  [{ fwmark: 8, family: 'inet6' }, '-f 8 -6', '2001:db8::b'],
]

/** Every call of ours, in an order that works. */
function calls(
  key: ServiceKey,
  address: string,
): ReadonlyArray<readonly [name: string, call: (ipvs: Ipvs) => unknown]> {
  const service: NewService = { ...key, scheduler: 'rr' }
  const server = { address, port: 6443 }
  const changed = { ...service, scheduler: 'wrr', flags: ['persistent'], persistenceTimeout: 7 } as const
  return [
    ['addService', (ipvs) => ipvs.addService(service)],
    ['addService again', (ipvs) => refuses('ERR_IPVS_EXISTS', () => ipvs.addService(service))],
    ['addDestination', (ipvs) => ipvs.addDestination(key, server)],
    ['addDestination, another', (ipvs) => ipvs.addDestination(key, { ...server, port: 1 })],
    ['addDestination again', (ipvs) => refuses('ERR_IPVS_EXISTS', () => ipvs.addDestination(key, server))],
    ['setService', (ipvs) => ipvs.setService(changed)],
    ['setDestination', (ipvs) => ipvs.setDestination(key, { ...server, weight: 0 })],
    [
      'reads',
      (ipvs) => [ipvs.info(), ipvs.services(), ipvs.service(key), ipvs.destinations(key), ipvs.timeouts()],
    ],
    ['zero', (ipvs) => ipvs.zero(key)],
    ['deleteDestination', (ipvs) => ipvs.deleteDestination(key, server)],
    ['deleteService', (ipvs) => ipvs.deleteService(key)],
    ['deleteService again', (ipvs) => refuses('ERR_IPVS_NO_SERVICE', () => ipvs.deleteService(key))],
    ['setService of none', (ipvs) => refuses('ERR_IPVS_NO_SERVICE', () => ipvs.setService(changed))],
  ]
}

describe('services of others', () => {
  const table = freshTable()
  echoNetwork()

  it('are left byte for byte, with their counters, by every call of ours', async () => {
    restore(...FOREIGN)
    await exchangeTcp(VIP.v4, ECHO_PORT, 1000)
    await exchangeUdp(VIP.v4, ECHO_PORT, 'one', 'two')
    const rules = savedTable()
    assert.equal(rules.length, FOREIGN.length)
    const timeouts = shownTable('--timeout')
    const stats = (): Map<string, bigint[]> => columnsOf(['--stats', '--exact'])
    const counted = await waitFor('counters', 20_000, () => {
      const now = stats()
      return [...now.values()].filter((row) => row.every((count) => count > 0n)).length >= 4 && now
    })
    for (const [key, saved, server] of OWN) {
      const others = (lines: readonly string[]): string[] =>
        lines.filter((line) => !line.startsWith(`-A ${saved} -s`) && !line.startsWith(`-a ${saved} -r`))
      assert.deepEqual(others(rules), rules)
      let largest = 0
      for (const [name, call] of calls(key, server)) {
        call(table.ipvs)
        const [now, later] = [savedTable(), stats()]
        largest = Math.max(largest, now.length)
        assert.deepEqual(others(now), rules, `${name} ${saved}`)
        // A last acknowledgement may still come in, but no counter goes back.
        for (const [row, counts] of counted) {
          const less = counts.filter((count, n) => (later.get(row)?.[n] ?? -1n) < count)
          assert.deepEqual(less, [], `${name} ${saved}: ${row}`)
        }
      }
      assert.equal(largest, rules.length + 3)
    }
    assert.deepEqual(savedTable(), rules)
    assert.equal(shownTable('--timeout'), timeouts)
  })
})
