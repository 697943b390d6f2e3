import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { guard } from '../src/guard.ts'
import {
  careConfig,
  FlagValues,
  Fleet,
  parseEndpoint,
  RuleWeights,
  runPass,
  ServersPiece,
  ServicePiece,
  serviceKey,
} from '../src/index.ts'
import { createLog } from '../src/log.ts'
import { FakeLinks } from './fake-links.ts'
import { FakeTable } from './fake-table.ts'
import { https, selfSigned, type TestServer } from './probe/tls-server.ts'
import { until } from './wait.ts'

const VIRTUAL = parseEndpoint('10.103.97.2:6443')
const KEY = serviceKey(VIRTUAL)
const pair = selfSigned()

let lines = ''
beforeAll(() => {
  vi.spyOn(fs, 'writeSync').mockImplementation((_fd: number, data: unknown) => {
    lines += String(data)
    return Buffer.byteLength(String(data))
  })
})
afterAll(() => {
  vi.restoreAllMocks()
})

function healthz(status: () => number): Promise<TestServer> {
  return https(pair, (_request, response) => void response.writeHead(status()).end())
}

/** A guard of these servers over a table in memory; as `care` starts it, the rules are set before. */
function guarding(servers: readonly string[]) {
  const given = {
    vs: [VIRTUAL.text],
    rs: servers,
    interval: ['50ms'],
    'health-timeout': ['1s'],
    'metrics-address': ['off'],
  }
  const config = careConfig(new FlagValues(new Map(Object.entries(given))))
  const fleet = new Fleet({
    servers,
    adopted: undefined,
    rise: 1,
    fall: 1,
    allDown: 'keep',
    togetherMs: 500,
    nowMs: performance.now(),
  })
  const table = new FakeTable()
  const rule = new RuleWeights(fleet, config.failover)
  const wanted = () => ({ servers: config.servers, weights: rule.at(performance.now()) })
  const pieces = [new ServicePiece(table, VIRTUAL, 'rr'), new ServersPiece(table, VIRTUAL, wanted)]
  const stop = new AbortController()
  const kernel = {
    members: () => table.destinations(KEY),
    routes: new FakeLinks(),
    clients: undefined,
    limitSilence: () => undefined,
    hasKubeProxyTable: () => false,
    isGuarded: () => false,
  }
  const parts = {
    config,
    fleet,
    rule,
    pieces,
    leftovers: [],
    first: runPass(pieces),
    kernel,
    log: createLog('info'),
  }
  const running = guard(parts, stop.signal)
  return { stop, running, shown: () => Object.fromEntries(table.weights(KEY) ?? []) }
}

describe('guard', () => {
  it('drains a sick server, removes a dead one, takes both back, and leaves the rules when it stops', async () => {
    let status = 200
    const [a, b, c] = [await healthz(() => status), await healthz(() => 200), await healthz(() => 200)]
    const [A, B, C] = [a, b, c].map(({ port }) => `127.0.0.1:${port}`) as [string, string, string]
    const { stop, running, shown } = guarding([A, B, C])
    expect(shown()).toEqual({ [A]: 1, [B]: 1, [C]: 1 })

    status = 500
    await until('sick server drained', () => shown()[A] === 0)
    await b.close()
    await until('dead server removed', () => shown()[B] === undefined)
    expect(shown()).toEqual({ [A]: 0, [C]: 1 })

    status = 200
    await until('recovered server taken back', () => shown()[A] === 1)
    stop.abort('SIGTERM')
    await running
    expect(shown()).toEqual({ [A]: 1, [C]: 1 })
    for (const server of [a, c]) {
      await until('connections closed', () => server.open.size === 0)
      await server.close()
    }
  })

  it('stops quickly although a server hangs', async () => {
    const hanging = await https(pair, () => undefined)
    const { stop, running } = guarding([`127.0.0.1:${hanging.port}`])
    await until('probe under way', () => hanging.handshakes === 1)
    const start = performance.now()
    stop.abort('SIGINT')
    await running
    expect(performance.now() - start).toBeLessThan(500)
    await hanging.close()
  })

  it('begins and ends with a record', () => {
    const records = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(records[0]).toMatchObject({
      msg: 'guard started',
      virtual: VIRTUAL.text,
      mode: 'local',
      intervalMs: 50,
    })
    expect(records.filter(({ msg }) => msg === 'guard stopped')).toMatchObject([
      { signal: 'SIGTERM' },
      { signal: 'SIGINT' },
    ])
  })
})
