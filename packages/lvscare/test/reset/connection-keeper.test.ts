import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyVerdict, DEAD, HEALTHY, SICK } from '../verdicts.ts'
import { clientOf, type FakeClients } from './fake-clients.ts'
import { kept, NOT_READY, SERVERS, SILENT } from './kept.ts'

/** Holds back whoever reads the table of connections. */
function closeGate(clients: FakeClients): () => void {
  let open = (): void => undefined
  clients.gate = new Promise((resolve) => {
    open = resolve
  })
  return open
}

describe('ConnectionKeeper, when a server is down', () => {
  it('reads the table, lets the server go, and only then ends its connections, and no others', async () => {
    const { clients, keeper, tell, weights, passes } = kept()
    clients.open = ['a', 'b', 'a', 'c'].map(clientOf)
    const open = closeGate(clients)
    tell('a', [DEAD, DEAD], 10)
    expect(weights()).toEqual({ a: 0, b: 1, c: 1 })
    open()
    await keeper.settled()
    expect(passes).toEqual([{ weights: { b: 1, c: 1 }, ended: 0 }])
    expect([clients.ended.length, clients.endedOf]).toEqual([2, ['a']])
  })

  it('says once how many there were, and counts them', async () => {
    const { clients, keeper, tell, log, registry } = kept()
    clients.open = ['a', 'a', 'b'].map(clientOf)
    tell('a', [DEAD, DEAD], 10)
    await keeper.settled()
    expect(log.lines).toEqual([
      {
        level: 'info',
        message: 'connections ended',
        fields: { server: 'a', cause: 'down', ended: 2, gone: 0 },
      },
    ])
    expect(await registry.metrics()).toContain('lvscare_connections_reset_total{server="a",cause="down"} 2')
  })

  it('leaves the connections alone when it came back while the table was read', async () => {
    const { clients, keeper, tell, weights } = kept()
    clients.open = [clientOf('a')]
    const open = closeGate(clients)
    tell('a', [DEAD, DEAD, HEALTHY], 10)
    open()
    await keeper.settled()
    expect([clients.ended, weights()]).toEqual([[], { a: 1, b: 1, c: 1 }])
  })

  it('sees off two at once, each with its own', async () => {
    const { clients, keeper, tell, weights } = kept()
    clients.open = SERVERS.map(clientOf)
    tell('a', [DEAD, DEAD], 10)
    tell('b', [DEAD, DEAD], 10)
    await keeper.settled()
    expect([clients.endedOf, weights()]).toEqual([['a', 'b'], { c: 1 }])
  })

  it('ends nothing while all are down and the last good set stays, and the rest when one is back', async () => {
    const { clients, keeper, tell, weights } = kept()
    clients.open = SERVERS.map(clientOf)
    for (const server of SERVERS) tell(server, [DEAD], 10)
    for (const server of SERVERS) tell(server, [DEAD], 11)
    await keeper.settled()
    expect([clients.ended, weights()]).toEqual([[], { a: 1, b: 1, c: 1 }])
    tell('b', [HEALTHY], 20)
    expect(weights()).toEqual({ a: 0, b: 1, c: 0 })
    for (const server of ['a', 'c']) tell(server, [DEAD], 21)
    await keeper.settled()
    expect([clients.endedOf, weights()]).toEqual([['a', 'c'], { b: 1 }])
  })

  it('lets it go at once where connections are to be left alone', () => {
    const { tell, weights } = kept({ reset: false })
    tell('a', [DEAD, DEAD], 10)
    expect(weights()).toEqual({ b: 1, c: 1 })
  })

  it('lets it go where the table cannot be read or nothing can be ended, and says so once', async () => {
    const { clients, keeper, tell, weights, log } = kept()
    clients.open = SERVERS.map(clientOf)
    clients.error = new Error('EOPNOTSUPP')
    tell('a', [DEAD, DEAD], 10)
    await keeper.settled()
    tell('b', [DEAD, DEAD], 10)
    await keeper.settled()
    expect(weights()).toEqual({ c: 1 })
    expect(log.take()).toEqual(['warn connections cannot be ended, clients notice at their next packet'])
    clients.gate = Promise.reject(new Error('EACCES'))
    tell('b', [HEALTHY, DEAD, DEAD], 20)
    await keeper.settled()
    expect(weights()).toEqual({ c: 1 })
    expect(log.take()).toEqual(['warn connections cannot be looked for, clients of dead servers may hang'])
  })
})

describe('ConnectionKeeper, when a server stops as planned', () => {
  it('waits for its connections, and ends none', async () => {
    const { clients, keeper, tell, weights, active } = kept()
    clients.open = [clientOf('a')]
    active.set('a', 1)
    tell('a', [NOT_READY, DEAD, DEAD], 10)
    keeper.tick(5000)
    await keeper.settled()
    expect([clients.ended, weights()]).toEqual([[], { a: 0, b: 1, c: 1 }])
    clients.open = []
    active.set('a', 0)
    keeper.tick(6000)
    await keeper.settled()
    expect([clients.ended, weights()]).toEqual([[], { b: 1, c: 1 }])
  })

  it('does not wait for ever, and not where it is not seen who is connected', async () => {
    const { clients, keeper, tell, weights } = kept()
    clients.open = [clientOf('a')]
    tell('a', [NOT_READY, DEAD, DEAD], 10)
    keeper.tick(60_009)
    await keeper.settled()
    expect(weights()).toEqual({ a: 0, b: 1, c: 1 })
    keeper.tick(60_010)
    await keeper.settled()
    expect([clients.endedOf, weights()]).toEqual([['a'], { b: 1, c: 1 }])
  })

  it('does not wait when nothing is heard of it any more', async () => {
    const { clients, keeper, tell, weights, active } = kept()
    clients.open = [clientOf('a')]
    active.set('a', 1)
    tell('a', [NOT_READY, DEAD, DEAD], 10)
    tell('a', [SILENT], 500)
    await keeper.settled()
    expect([clients.endedOf, weights()]).toEqual([['a'], { b: 1, c: 1 }])
  })

  it('takes it back when it is ready again', async () => {
    const { clients, keeper, tell, weights, active } = kept()
    active.set('a', 1)
    tell('a', [NOT_READY, DEAD, DEAD, HEALTHY], 10)
    keeper.tick(100_000)
    await keeper.settled()
    expect([clients.ended, weights()]).toEqual([[], { a: 1, b: 1, c: 1 }])
  })
})

describe('ConnectionKeeper, when a server is only drained', () => {
  it('leaves its connections alone', async () => {
    const { clients, keeper, tell } = kept()
    clients.open = [clientOf('a')]
    tell('a', [SICK], 10)
    keeper.tick(1e9)
    await keeper.settled()
    expect(clients.ended).toEqual([])
  })

  it('ends them after --drain-timeout, once for each time, and leaves the server in the rule', async () => {
    const { clients, keeper, tell, weights, log } = kept({ drainTimeoutMs: 5000 })
    clients.open = ['a', 'b'].map(clientOf)
    tell('a', [SICK], 10)
    keeper.tick(5009)
    await keeper.settled()
    expect(clients.ended).toEqual([])
    keeper.tick(5010)
    await keeper.settled()
    expect([clients.endedOf, weights()]).toEqual([['a'], { a: 0, b: 1, c: 1 }])
    expect(log.lines.map(({ fields }) => fields['cause'])).toEqual(['drain-timeout'])
    clients.open.push(clientOf('a'))
    keeper.tick(9000)
    await keeper.settled()
    expect(clients.ended.length).toBe(1)
    tell('a', [HEALTHY, SICK], 10_000)
    keeper.tick(15_000)
    await keeper.settled()
    expect(clients.ended.length).toBe(2)
  })

  it('leaves them alone when it came back while the table was read, and while it is only suspected', async () => {
    const { fleet, clients, keeper, tell } = kept({ drainTimeoutMs: 100 })
    clients.open = ['a', 'b'].map(clientOf)
    fleet.suspect('b', 10)
    tell('a', [SICK], 10)
    const open = closeGate(clients)
    keeper.tick(500)
    tell('a', [HEALTHY], 501)
    open()
    await keeper.settled()
    expect(clients.ended).toEqual([])
  })

  it('leaves them alone while nobody is healthy and it keeps its weight', async () => {
    const { clients, keeper, tell } = kept({ drainTimeoutMs: 100 })
    clients.open = SERVERS.map(clientOf)
    for (const server of SERVERS) tell(server, [SICK], 10)
    keeper.tick(500)
    await keeper.settled()
    expect(clients.ended).toEqual([])
  })
})

const anyEvent = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(
      fc.constantFrom(...SERVERS),
      fc.oneof(anyVerdict, fc.constantFrom(NOT_READY, SILENT, 'suspect' as const, 'clear' as const)),
    ),
  },
  // The table has been read, and the loop turned; another guard takes over, or this one does.
  { weight: 2, arbitrary: fc.constantFrom('turn' as const, 'held' as const, 'free' as const) },
)

describe('ConnectionKeeper, whatever happens', () => {
  it('ends connections only to the down and the drained, and leaves nobody in the rule who is to leave it', async () => {
    const anyTimeout = fc.option(fc.nat(5000), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent), anyTimeout, async (events, drainTimeoutMs) => {
        const { fleet, clients, keeper, weights } = kept(
          drainTimeoutMs === undefined ? {} : { drainTimeoutMs },
        )
        clients.open = [...'aabbcc'].map(clientOf)
        const release = clients.release.bind(clients)
        clients.release = async (sockets) => {
          for (const { server } of sockets) {
            const { state, suspected } = fleet.standings().get(server) ?? {
              state: 'unknown',
              suspected: false,
            }
            expect(state === 'down' || (state === 'draining' && !suspected), `${server} ${state}`).toBe(true)
          }
          return await release(sockets)
        }
        let [nowMs, active] = [0, true]
        for (const event of [...events, 'free' as const]) {
          nowMs += 1000
          if (active) keeper.tick(nowMs)
          if (event === 'turn') await keeper.settled()
          else if (event === 'held') active = false
          else if (event === 'free') {
            if (!active) keeper.resume(nowMs)
            active = true
          } else {
            const [server, evidence] = event
            if (evidence === 'suspect' || evidence === 'clear') fleet[evidence](server, nowMs)
            else fleet.record(server, evidence, nowMs)
            if (active) keeper.changed(server, nowMs)
            else keeper.standBy()
          }
        }
        keeper.tick(nowMs + 1e6)
        await keeper.settled()
        expect(weights()).toEqual(Object.fromEntries(fleet.weights()))
      }),
      { numRuns: 500 },
    )
  })
})

describe('ConnectionKeeper of a guard that has stood by', () => {
  it('does not end the connections of a server that was leaving, and came back under the other guard', async () => {
    const { fleet, clients, keeper, tell, weights } = kept()
    clients.open = [clientOf('a')]
    tell('a', [NOT_READY, DEAD, DEAD], 10)
    fleet.record('a', HEALTHY, 1000)
    keeper.standBy()
    keeper.resume(2000)
    keeper.tick(100_000)
    await keeper.settled()
    expect([clients.ended, weights()]).toEqual([[], { a: 1, b: 1, c: 1 }])
  })

  it('does not even where it has not been told', async () => {
    const { fleet, clients, keeper, tell } = kept()
    clients.open = [clientOf('a')]
    tell('a', [NOT_READY, DEAD, DEAD], 10)
    fleet.record('a', HEALTHY, 1000)
    keeper.tick(100_000)
    await keeper.settled()
    expect(clients.ended).toEqual([])
  })

  it('sees off who is dead and still in the rule, and not who had left it', async () => {
    const { fleet, clients, keeper, weights } = kept({ members: ['a', 'c'] })
    clients.open = SERVERS.map(clientOf)
    for (const server of ['a', 'b']) for (const verdict of [DEAD, DEAD]) fleet.record(server, verdict, 10)
    keeper.standBy()
    keeper.resume(2000)
    expect(weights()).toEqual({ a: 0, c: 1 })
    await keeper.settled()
    expect([clients.endedOf, weights()]).toEqual([['a'], { c: 1 }])
    fleet.record('c', HEALTHY, 5000)
    keeper.changed('c', 5000)
    expect(weights()).toEqual({ c: 1 })
  })
})

describe('ConnectionKeeper and the connections of the others', () => {
  function counting() {
    const returns: number[] = []
    const rebalance = { returned: () => void returns.push(1), settled: async () => undefined }
    return { ...kept({ rebalance }), returns }
  }

  it('spreads them once for each return, however many verdicts follow', () => {
    const { tell, returns } = counting()
    for (let nowMs = 10; nowMs < 100; nowMs += 10) tell('a', [HEALTHY], nowMs)
    expect(returns.length).toBe(0)
    tell('a', [DEAD, DEAD], 100)
    for (let nowMs = 110; nowMs < 200; nowMs += 10) tell('a', [HEALTHY], nowMs)
    expect(returns.length).toBe(1)
    tell('a', [SICK, HEALTHY, HEALTHY], 200)
    expect(returns.length).toBe(2)
  })

  it('does not when it takes over from a guard that has seen the return', () => {
    const { fleet, keeper, returns } = counting()
    for (const verdict of [DEAD, DEAD, HEALTHY]) fleet.record('a', verdict, 10)
    keeper.standBy()
    keeper.resume(20)
    expect(returns.length).toBe(0)
  })
})
