import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { after, before, describe, it } from 'node:test'
import { KernelClients } from '../../packages/lvscare/src/clients/kernel-clients.ts'
import { parseEndpoint } from '../../packages/lvscare/src/endpoint.ts'
import { ECHO_PORT, openEcho } from '../lab/echo.ts'
import { exec } from '../lab/exec.ts'
import { sendDatagrams } from '../lab/packet-flood.ts'
import { setSetting } from '../lab/world.ts'
import { echoNetwork, VIP } from './ipvs-traffic.ts'

/** `LVSCARE_ENTRIES=200000` makes as many as a busy node has, which takes the emulated kernel a long time to read. */
const { LVSCARE_ENTRIES = '20000' } = process.env
const ENTRIES = Number(LVSCARE_ENTRIES)

const VIRTUAL = `${VIP.v4}:${ECHO_PORT}`
const FOREIGN = `${VIP.v4}:53`
/** Nobody is there, and nobody says so: the packets end in a dummy device. */
const SINK = '198.51.100.1'

/** What the kernel counts for the one destination of the foreign service. */
function foreignEntries(): number {
  const [, active = '', inactive = ''] =
    /-> C6336401:0035 +Masq +1 +(\d+) +(\d+)/.exec(readFileSync('/proc/net/ip_vs', 'utf8')) ?? []
  return Number(active) + Number(inactive)
}

describe('the clients of a real server on a busy node', () => {
  const network = echoNetwork()
  const sockets: Socket[] = []

  before(() => {
    exec('ip', 'link', 'add', 'flood0', 'type', 'veth', 'peer', 'name', 'flood1')
    exec('ip', 'link', 'add', 'sink0', 'type', 'dummy')
    for (const device of ['flood0', 'flood1', 'sink0']) exec('ip', 'link', 'set', device, 'up')
    exec('ip', 'link', 'set', 'sink0', 'arp', 'off')
    exec('ip', 'route', 'add', SINK, 'dev', 'sink0')
    exec('ipvsadm', '-A', '-t', VIRTUAL, '-s', 'rr')
    for (const { host } of network.servers)
      exec('ipvsadm', '-a', '-t', VIRTUAL, '-r', `${host.v4}:${ECHO_PORT}`, '-m')
    exec('ipvsadm', '-A', '-u', FOREIGN, '-s', 'rr')
    exec('ipvsadm', '-a', '-u', FOREIGN, '-r', `${SINK}:53`, '-m')
  })
  after(() => {
    for (const socket of sockets) socket.destroy()
    // With their destination go all entries, so that no later test has to read them.
    setSetting('expire_nodest_conn', '1')
    exec('ipvsadm', '-d', '-u', FOREIGN, '-r', `${SINK}:53`)
    exec('ipvsadm', '-C')
    setSetting('expire_nodest_conn', '0')
    exec('ip', 'link', 'delete', 'flood0')
    exec('ip', 'link', 'delete', 'sink0')
  })

  it(`are found among ${ENTRIES} entries of others while the loop goes on`, async (context) => {
    const mac = readFileSync('/sys/class/net/flood1/address', 'utf8').trim()
    const flood = { device: 'flood0', mac, from: '10.128.0.1', to: VIP.v4, port: 53 }
    const start = performance.now()
    let sent = sendDatagrams(ENTRIES, flood)
    // A busy machine drops some of them: the same ones once more fill the gaps.
    for (let round = 0; round < 10 && foreignEntries() < ENTRIES; round += 1)
      sent = sendDatagrams(ENTRIES, flood)
    context.diagnostic(
      `${foreignEntries()} entries of ${sent} datagrams, ${Math.round(performance.now() - start)} ms`,
    )
    assert.ok(foreignEntries() >= ENTRIES, `${foreignEntries()} entries of ${sent} datagrams`)
    for (let n = 0; n < 6; n += 1) sockets.push(await openEcho(VIP.v4, ECHO_PORT))

    const clients = new KernelClients({ virtual: parseEndpoint(VIRTUAL), namespaces: 'own' })
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const [begin, cpu] = [performance.now(), process.cpuUsage()]
    for (const { host } of network.servers) {
      const server = `${host.v4}:${ECHO_PORT}`
      const found = await clients.mappedTo(new Set([server]), new AbortController().signal)
      assert.equal(found.length, 3, server)
    }
    delay.disable()
    const ms = (microseconds: number): number => Math.round(microseconds / 1000)
    const { user, system } = process.cpuUsage(cpu)
    context.diagnostic(
      `read ${network.servers.length} times: ${Math.round(performance.now() - begin)} ms, user ${ms(user)} ms, ` +
        `system ${ms(system)} ms, longest block ${(delay.max / 1e6).toFixed(1)} ms`,
    )
  })
})
