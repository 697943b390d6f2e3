import { describe, expect, it } from 'vitest'
import { FailoverMetrics } from '../../src/metrics/failover-metrics.ts'
import { Instruments } from '../../src/metrics/instruments.ts'
import { Rebalance } from '../../src/reset/rebalance.ts'
import { Resets } from '../../src/reset/resets.ts'
import { MemoryLog } from '../memory-log.ts'
import { clientOf, FakeClients } from './fake-clients.ts'

/** Nine connections on two servers, and a third that is back. */
function spread(perSecond: number) {
  const clients = new FakeClients()
  clients.open = [...'aaaaabbbb'].map(clientOf)
  const metrics = new FailoverMetrics(new Instruments(), ['a', 'b', 'c'])
  const resets = new Resets({ clients, log: new MemoryLog(), metrics })
  let taking = new Set(['a', 'b', 'c'])
  const stop = new AbortController()
  /** What happens while it sleeps, one after the other. */
  const during: (() => void)[] = []
  const slept: { ms: number; ended: number }[] = []
  const rebalance = new Rebalance({
    resets,
    perSecond,
    settleMs: 10_000,
    taking: () => taking,
    stop: stop.signal,
    sleep: async (ms) => {
      slept.push({ ms, ended: clients.ended.length })
      during.shift()?.()
    },
    random: () => 0,
  })
  const take = (...servers: string[]): void => {
    taking = new Set(servers)
  }
  return { clients, rebalance, slept, during, stop, take }
}

describe('Rebalance', () => {
  it('ends what is more than a share after a while, so many in a second', async () => {
    const { clients, rebalance, slept } = spread(2)
    rebalance.returned()
    await rebalance.settled()
    expect(clients.ended.map(({ server }) => server).sort()).toEqual(['a', 'a', 'b'])
    expect(slept).toEqual([
      { ms: 10_000, ended: 0 },
      { ms: 1000, ended: 2 },
      { ms: 1000, ended: 3 },
    ])
  })

  it('leaves alone whoever came while it waited', async () => {
    const { clients, rebalance, during } = spread(10)
    clients.open = [...'aab'].map(clientOf)
    during.push(() => clients.open.push(...[...'aaaaaa'].map(clientOf)))
    rebalance.returned()
    await rebalance.settled()
    expect(clients.ended.length).toBe(1)
  })

  it('stops when a server leaves', async () => {
    const { clients, rebalance, during, take } = spread(1)
    during.push(
      () => undefined,
      () => take('a', 'b'),
    )
    rebalance.returned()
    await rebalance.settled()
    expect(clients.ended.length).toBe(1)
  })

  it('begins again when another one comes back while it waits', async () => {
    const { clients, rebalance, during, slept } = spread(10)
    during.push(() => rebalance.returned())
    rebalance.returned()
    await rebalance.settled()
    expect(slept.map(({ ms }) => ms)).toEqual([10_000, 10_000, 1000])
    expect(clients.ended.length).toBe(3)
  })

  it('ends nothing once it is to stop', async () => {
    const { clients, rebalance, during, stop } = spread(10)
    during.push(() => stop.abort())
    rebalance.returned()
    await rebalance.settled()
    expect(clients.ended).toEqual([])
  })
})
