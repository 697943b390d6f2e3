import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { DestinationKey, Ipvs, ServiceKey, Stats } from '@lvscare/ipvs'
import { exchangeTcp, exchangeUdp } from '../lab/echo.ts'
import { waitFor } from '../lab/wait.ts'
import { freshTable, ZERO_STATS } from './ipvs-table.ts'
import {
  columnsOf,
  counters,
  type EchoNetwork,
  echoNetwork,
  members,
  rates,
  rowName,
  VIP,
} from './ipvs-traffic.ts'

const EXACT = ['--stats', '--exact']

/** Services of a test's own: a destination that comes back to the same service within minutes has its old counters. */
class Services {
  readonly tcp: ServiceKey
  readonly tcp6: ServiceKey
  readonly udp: ServiceKey
  readonly #ipvs: Ipvs
  readonly #port: number

  constructor(ipvs: Ipvs, network: EchoNetwork, port: number) {
    this.#ipvs = ipvs
    this.#port = port
    this.tcp = { protocol: 'tcp', address: VIP.v4, port }
    this.tcp6 = { protocol: 'tcp', address: VIP.v6, port }
    this.udp = { protocol: 'udp', address: VIP.v4, port }
    this.each(network, (key, member) => {
      if (ipvs.service(key) === undefined) ipvs.addService({ ...key, scheduler: 'rr' })
      ipvs.addDestination(key, member)
    })
  }

  each(network: EchoNetwork, work: (key: ServiceKey, member: DestinationKey) => void): void {
    for (const member of members(network, 'v4')) for (const key of [this.tcp, this.udp]) work(key, member)
    for (const member of members(network, 'v6')) work(this.tcp6, member)
  }

  /** Four connections over IPv4, two over IPv6, three datagrams from one UDP port. */
  async traffic(): Promise<void> {
    for (let n = 0; n < 4; n += 1) await exchangeTcp(VIP.v4, this.#port, 100_000)
    for (let n = 0; n < 2; n += 1) await exchangeTcp(VIP.v6, this.#port, 1000)
    await exchangeUdp(VIP.v4, this.#port, 'one', 'two', 'three')
  }

  /** Traffic, and then the two seconds after which the kernel adds up the counters of its processors. */
  async countedTraffic(): Promise<void> {
    await this.traffic()
    await waitFor('counters', 30_000, () => this.stats().get(rowName(this.udp))?.outBytes === 95n)
    await delay(2500)
  }

  /** Every statistic we can read, by the name of its row in ipvsadm. */
  stats(): Map<string, Stats> {
    const rows = new Map<string, Stats>()
    for (const key of [this.tcp, this.tcp6, this.udp]) {
      rows.set(rowName(key), this.#ipvs.service(key)?.stats ?? ZERO_STATS)
      for (const one of this.#ipvs.destinations(key) ?? []) rows.set(rowName(key, one), one.stats)
    }
    return rows
  }
}

/** Our reading of the rows, once it is the same before and after ipvsadm's, and ipvsadm's. */
async function readBoth(
  services: Services,
  option: string[],
  pick: (stats: Stats) => bigint[],
): Promise<unknown[]> {
  const read = (): Map<string, bigint[]> =>
    new Map([...services.stats()].map(([name, stats]) => [name, pick(stats)]))
  return await waitFor('two equal readings', 20_000, () => {
    const first = read()
    const told = columnsOf(option)
    return isDeepStrictEqual(first, read()) && [first, told]
  })
}

describe('IPVS statistics', () => {
  const table = freshTable()
  const network = echoNetwork()

  it('are those of ipvsadm --stats --exact, and what was sent', async () => {
    const services = new Services(table.ipvs, network, 7101)
    await services.countedTraffic()
    const [read, told] = await readBoth(services, EXACT, counters)
    assert.deepEqual(read, told)
    const rows = services.stats()
    assert.equal(rows.size, 9)
    const connections = (...keys: ServiceKey[]): unknown[] =>
      keys.map((key) => {
        const split = table.ipvs.destinations(key)?.map(({ stats }) => stats.connections)
        return [rows.get(rowName(key))?.connections, split?.sort()]
      })
    assert.deepEqual(connections(services.tcp, services.tcp6, services.udp), [
      [4n, [2n, 2n]],
      [2n, [1n, 1n]],
      [1n, [0n, 1n]],
    ])
    // Three datagrams of 3, 3 and 5 bytes behind 28 bytes of headers each, and back.
    assert.deepEqual(counters(rows.get(rowName(services.udp)) ?? ZERO_STATS), [1n, 3n, 3n, 95n, 95n])
    const { inBytes, outBytes } = rows.get(rowName(services.tcp)) ?? ZERO_STATS
    for (const bytes of [inBytes, outBytes]) assert.ok(bytes > 400_000n && bytes < 450_000n, `${bytes}`)
  })

  it('have the rates of ipvsadm --rate', async () => {
    const services = new Services(table.ipvs, network, 7102)
    await waitFor('rates', 30_000, async () => {
      await services.traffic()
      return rates(table.ipvs.service(services.tcp)?.stats ?? ZERO_STATS).every((rate) => rate > 0n)
    })
    const [read, told] = await readBoth(services, ['--rate'], rates)
    assert.deepEqual(read, told)
  })

  it('go on counting when service and destination are set in place; zero() sets them to zero', async () => {
    const { ipvs } = table
    const services = new Services(ipvs, network, 7103)
    await services.countedTraffic()
    const [before] = await readBoth(services, EXACT, counters)
    services.each(network, (key, member) => {
      ipvs.setService({ ...key, scheduler: 'wlc' })
      ipvs.setDestination(key, { ...member, weight: 5 })
    })
    assert.deepEqual((await readBoth(services, EXACT, counters))[0], before)

    const zeros = [0n, 0n, 0n, 0n, 0n]
    const told = columnsOf(EXACT)
    ipvs.zero(services.tcp)
    for (const [name, row] of columnsOf(EXACT)) {
      assert.deepEqual(row, name.startsWith(rowName(services.tcp)) ? zeros : told.get(name), name)
    }
    assert.deepEqual(told.size, 9)
    ipvs.zero()
    assert.deepEqual([...columnsOf(EXACT).values()], Array(9).fill(zeros))
    assert.match(readFileSync('/proc/net/ip_vs_stats', 'latin1'), /^ +0 +0 +0 +0 +0$/m)
    for (const stats of services.stats().values()) assert.deepEqual(counters(stats), zeros)
  })
})
