import { describe, expect, it, vi } from 'vitest'
import {
  Fleet,
  type Piece,
  parseEndpoint,
  ServersPiece,
  ServicePiece,
  type Step,
  serviceKey,
} from '../src/index.ts'
import { type Followers, Keeper } from '../src/keeper.ts'
import { Metrics } from '../src/metrics.ts'
import { Repairs } from '../src/repairs.ts'
import type { Seat, SeatState } from '../src/seat.ts'
import { SeatWatch } from '../src/seat-watch.ts'
import { VerdictBook } from '../src/verdict-book.ts'
import type { GuardView } from '../src/view.ts'
import { FakeTable } from './fake-table.ts'
import { MemoryLog } from './memory-log.ts'
import { DEAD, HEALTHY, SICK, UNAUTHORIZED } from './verdicts.ts'
import { until } from './wait.ts'

const VIRTUAL = parseEndpoint('10.103.97.2:6443')
const KEY = serviceKey(VIRTUAL)
const [A, B] = ['192.0.2.1:6443', '192.0.2.2:6443'] as const

/** Who holds the seat is for each test to say. */
class FakeSeat implements Seat {
  state: SeatState = 'mine'

  async tryToTake(): Promise<SeatState> {
    return this.state
  }

  async close(): Promise<void> {}
}

/** Nothing to be done beside the rule. */
const NOBODY: Followers = {
  tick: () => undefined,
  changed: () => undefined,
  standBy: () => undefined,
  resume: () => undefined,
}

function guarded(leftovers: readonly Piece[] = []) {
  const fleet = new Fleet({
    servers: [A, B],
    adopted: undefined,
    rise: 1,
    fall: 1,
    allDown: 'keep',
    togetherMs: 1e9,
    nowMs: 0,
  })
  const [table, log, seat] = [new FakeTable(), new MemoryLog(), new FakeSeat()]
  const wanted = () => ({ servers: [A, B].map((text) => parseEndpoint(text)), weights: fleet.weights() })
  const pieces = [new ServicePiece(table, VIRTUAL, 'rr'), new ServersPiece(table, VIRTUAL, wanted)]
  const view = (): GuardView => keeper.view()
  const metrics = new Metrics({ version: '1', servers: [A, B], view, kernel: () => table.destinations(KEY) })
  const book = new VerdictBook(fleet, log, metrics, () => fleet.weights())
  const keeper: Keeper = new Keeper({
    pieces,
    leftovers,
    first: { applied: [], failures: [] },
    book,
    allDown: () => fleet.allDown,
    followers: NOBODY,
    metrics,
    repairs: new Repairs(log, () => undefined),
    seat: new SeatWatch(seat, log),
    log,
  })
  return { keeper, table, log, seat, metrics, shown: () => Object.fromEntries(table.weights(KEY) ?? []) }
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
      fields: { server: A, from: 'up', to: 'draining', failingMs: 0, ...SICK },
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
    const { keeper, table, log, metrics } = guarded()
    table.refuse = (operation) => operation === 'add service'
    keeper.pass()
    keeper.pass()
    expect(log.take()).toEqual(['error step failed'])
    table.refuse = () => false
    keeper.pass()
    expect(log.take().sort()).toEqual([...Array(3).fill('info step applied'), 'info step no longer fails'])
    const text = await metrics.text()
    expect(text).toContain('lvscare_steps_total{piece="service",kind="add-service",result="failed"} 2')
    expect(text).toContain('lvscare_steps_total{piece="servers",kind="add-server",result="applied"} 2')
    expect(text).toContain('lvscare_repairs_total{piece="service"} 0')
    expect(text).toContain(`lvscare_server_weight{server="${A}"} 1`)
    expect(text).toContain('lvscare_pass_duration_seconds_count 4')
  })

  it('counts probes and transitions', async () => {
    const { keeper, metrics } = guarded()
    for (const verdict of [HEALTHY, HEALTHY, DEAD]) keeper.judge(A, verdict)
    const text = await metrics.text()
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
    expect(keeper.view().alive).toBe(true)
    expect(shown()).toEqual({})
  })

  it('is no longer alive five seconds after the last pass', () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1000)
    const { keeper } = guarded()
    keeper.pass()
    clock.mockReturnValue(5999)
    const before = keeper.view()
    clock.mockReturnValue(6000)
    const after = keeper.view()
    clock.mockRestore()
    expect([before, after]).toMatchObject([
      { alive: true, ready: true },
      { alive: false, ready: false },
    ])
  })

  it('counts as repairs what others broke, and nothing else', () => {
    const { keeper, table, log } = guarded()
    const repairs = (): (number | undefined)[] => keeper.view().pieces.map((piece) => piece.repairs)
    keeper.pass()
    keeper.pass()
    for (const verdict of [DEAD, DEAD, HEALTHY]) keeper.judge(A, verdict)
    keeper.pass()
    expect(repairs()).toEqual([0, 0])
    log.take()
    table.setDestination(KEY, { address: '192.0.2.2', port: 6443, forward: 'masq', weight: 9 })
    keeper.pass()
    expect(repairs()).toEqual([0, 1])
    expect(log.lines).toMatchObject([
      {
        level: 'warn',
        message: 'step applied',
        fields: { piece: 'servers', kind: 'set-server', found: 'masq weight 9', repair: true },
      },
    ])
    table.deleteService(KEY)
    keeper.pass()
    expect(repairs()).toEqual([1, 2])
    table.addDestination(KEY, { address: '192.0.2.9', port: 1, forward: 'masq', weight: 1 })
    keeper.pass()
    keeper.pass()
    expect(repairs()).toEqual([1, 3])
  })

  it('shows what each piece is like, and is ready while the path is true', () => {
    const { keeper, table } = guarded()
    keeper.pass()
    expect(keeper.view()).toMatchObject({ ready: true, active: true, pieces: [{ ok: true }, { ok: true }] })
    table.deleteService(KEY)
    table.refuse = (operation) => operation === 'add service'
    keeper.pass()
    const { ready, pieces } = keeper.view()
    expect(ready).toBe(false)
    expect(pieces[0]).toMatchObject({
      piece: 'service',
      ok: false,
      error: expect.stringContaining('add service'),
    })
  })

  it('stands by while another guard has the seat, and takes over when it is free', async () => {
    const { keeper, table, seat, log, shown } = guarded()
    seat.state = 'held'
    const stop = new AbortController()
    const running = keeper.run(stop.signal)
    await until('standing by', () => !keeper.view().active)
    keeper.judge(A, DEAD)
    keeper.judge(A, DEAD)
    expect(table.writes).toEqual([])
    expect(keeper.view()).toMatchObject({
      active: false,
      ready: false,
      pieces: [{ ok: false }, { ok: true }],
    })
    seat.state = 'mine'
    await until('taken over', () => shown()[B] === 1)
    expect(shown()).toEqual({ [B]: 1 })
    stop.abort()
    await running
    const said = log.take().filter((line) => !line.startsWith('debug'))
    expect(said).toContain('warn another guard holds this virtual server, standing by')
    expect(said).toContain('info taking over the virtual server')
    expect(said.filter((line) => line === 'warn step applied')).toEqual([])
  })

  it('takes away what other modes have left once it is the one who writes, and never before', async () => {
    let undone = 0
    const apply = (): void => {
      undone += 1
    }
    const step: Step = { piece: 'device', kind: 'delete-device', subject: 'lvscare', found: 'dummy', apply }
    const { keeper, seat } = guarded([{ name: 'device', plan: () => [], undo: () => [step] }])
    seat.state = 'held'
    await keeper.takeSeat()
    keeper.pass()
    expect(undone).toBe(0)
    seat.state = 'mine'
    await keeper.takeSeat()
    keeper.pass()
    keeper.pass()
    expect(undone).toBe(1)
  })

  it('guards on when somebody else has taken the name of the seat', async () => {
    const { keeper, seat, shown } = guarded()
    seat.state = 'foreign'
    const stop = new AbortController()
    const running = keeper.run(stop.signal)
    await until('rule set', () => shown()[B] === 1)
    stop.abort()
    await running
    expect(keeper.view().active).toBe(true)
  })
})
