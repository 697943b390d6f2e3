import { describe, expect, it, vi } from 'vitest'
import {
  careConfig,
  FlagValues,
  Fleet,
  parseEndpoint,
  ServersPiece,
  ServicePiece,
  serviceKey,
} from '../src/index.ts'
import { Keeper } from '../src/keeper.ts'
import { Metrics } from '../src/metrics.ts'
import { FakeTable } from './fake-table.ts'
import { MemoryLog } from './memory-log.ts'
import { DEAD, HEALTHY, SICK, UNAUTHORIZED } from './verdicts.ts'
import { until } from './wait.ts'

const VIRTUAL = parseEndpoint('10.103.97.2:6443')
const KEY = serviceKey(VIRTUAL)
const [A, B] = ['192.0.2.1:6443', '192.0.2.2:6443'] as const

function guarded() {
  const config = careConfig(
    new FlagValues(
      new Map([
        ['vs', [VIRTUAL.text]],
        ['rs', [A, B]],
      ]),
    ),
  )
  const fleet = new Fleet({ servers: [A, B], adopted: undefined, rise: 1, fall: 1, togetherMs: 1e9 })
  const [table, log] = [new FakeTable(), new MemoryLog()]
  const wanted = () => ({ servers: config.servers, weights: fleet.weights() })
  const pieces = [new ServicePiece(table, VIRTUAL, 'rr'), new ServersPiece(table, VIRTUAL, wanted)]
  const parts = { config, fleet, pieces, first: { applied: [], failures: [] } }
  const keeper = new Keeper(parts, log, new Metrics({ version: '1', servers: [A, B] }))
  return { keeper, table, log, shown: () => Object.fromEntries(table.weights(KEY) ?? []) }
}

describe('Keeper', () => {
  it('acts on a verdict at once, before the next pass', () => {
    const { keeper, shown } = guarded()
    keeper.pass()
    expect(keeper.judge(A, HEALTHY)).toBe(false)
    expect(keeper.judge(B, HEALTHY)).toBe(false)
    expect(keeper.judge(A, DEAD)).toBe(true)
    expect(shown()).toEqual({ [A]: 0, [B]: 1 })
    expect(keeper.judge(A, DEAD)).toBe(false)
    expect(shown()).toEqual({ [B]: 1 })
    keeper.judge(A, HEALTHY)
    expect(shown()).toEqual({ [A]: 1, [B]: 1 })
  })

  it('does not touch the kernel for a verdict that changes nothing', () => {
    const { keeper, table } = guarded()
    keeper.judge(A, HEALTHY)
    const read = vi.spyOn(table, 'service')
    keeper.judge(A, HEALTHY)
    expect(read).not.toHaveBeenCalled()
  })

  it('logs changes of state as info or warn, and what changes nothing as debug', () => {
    const { keeper, log } = guarded()
    keeper.pass()
    log.take()
    keeper.judge(A, HEALTHY)
    keeper.judge(B, HEALTHY)
    keeper.judge(A, HEALTHY)
    expect(log.take()).toEqual([
      'info server state changed',
      'info server state changed',
      'debug server probed',
    ])
    keeper.judge(A, SICK)
    expect(log.lines[0]).toEqual({
      level: 'warn',
      message: 'server state changed',
      fields: { server: A, from: 'up', to: 'draining', ...SICK },
    })
  })

  it('warns once about each server that refuses anonymous checks', () => {
    const { keeper, log } = guarded()
    for (let round = 0; round < 3; round += 1) for (const server of [A, B]) keeper.judge(server, UNAUTHORIZED)
    const warnings = log.lines.filter(({ level }) => level === 'warn')
    expect(warnings).toEqual(
      [A, B].map((server) => ({
        level: 'warn',
        message: 'server refuses anonymous health checks, its answer counts as healthy',
        fields: { server, status: 401 },
      })),
    )
  })

  it('keeps the last good set when all are down, and says when that begins and ends', () => {
    const { keeper, log, shown } = guarded()
    for (const server of [A, B]) keeper.judge(server, HEALTHY)
    log.take()
    for (const server of [A, B, A, B]) keeper.judge(server, DEAD)
    expect(shown()).toEqual({ [A]: 1, [B]: 1 })
    const alarm = 'error no server is healthy, the last good set stays'
    expect(log.take().filter((line) => line === alarm)).toHaveLength(1)
    keeper.judge(B, HEALTHY)
    expect(log.take()).toContain('info a server is healthy again')
    expect(shown()).toEqual({ [A]: 0, [B]: 1 })
    keeper.judge(A, DEAD)
    keeper.pass()
    expect(shown()).toEqual({ [B]: 1 })
  })

  it('reports passes: steps and failures to the log, all of it to the metrics', async () => {
    const { keeper, table, log } = guarded()
    table.refuse = (operation) => operation === 'add service'
    keeper.pass()
    keeper.pass()
    expect(log.take()).toEqual(['error step failed'])
    table.refuse = () => false
    keeper.pass()
    expect(log.take().sort()).toEqual([...Array(3).fill('info step applied'), 'info step no longer fails'])
    const text = await keeper.metrics.text()
    expect(text).toContain('lvscare_steps_total{piece="service",result="failed"} 2')
    expect(text).toContain('lvscare_steps_total{piece="servers",result="applied"} 2')
    expect(text).toContain(`lvscare_server_weight{server="${A}"} 1`)
    expect(text).toContain('lvscare_pass_duration_seconds_count 3')
  })

  it('counts probes and transitions', async () => {
    const { keeper } = guarded()
    for (const verdict of [HEALTHY, HEALTHY, DEAD]) keeper.judge(A, verdict)
    const text = await keeper.metrics.text()
    expect(text).toContain(`lvscare_probes_total{server="${A}",outcome="healthy"} 2`)
    expect(text).toContain(`lvscare_transitions_total{server="${A}",state="up"} 1`)
    expect(text).toContain(`lvscare_transitions_total{server="${A}",state="draining"} 1`)
  })

  it('passes again and again until it is stopped, and mends what others break', async () => {
    const { keeper, table, shown } = guarded()
    const stop = new AbortController()
    const running = keeper.run(stop.signal)
    await until('rule set', () => shown()[A] === 1)
    table.deleteService(KEY)
    await until('rule mended', () => shown()[A] === 1 && shown()[B] === 1)
    stop.abort()
    await running
    table.deleteService(KEY)
    expect(keeper.alive()).toBe(true)
    expect(shown()).toEqual({})
  })

  it('is no longer alive five seconds after the last pass', () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1000)
    const { keeper } = guarded()
    keeper.pass()
    clock.mockReturnValue(5999)
    const before = keeper.alive()
    clock.mockReturnValue(6000)
    const after = keeper.alive()
    clock.mockRestore()
    expect([before, after]).toEqual([true, false])
  })
})
