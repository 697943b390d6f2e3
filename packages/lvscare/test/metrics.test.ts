import type { DestinationEntry } from '@lvscare/ipvs'
import { describe, expect, it } from 'vitest'
import { type Pass, PIECES, type PieceName, type State, type Step, type StepKind } from '../src/index.ts'
import { Metrics } from '../src/metrics.ts'
import { STEP_KINDS } from '../src/path/step.ts'
import type { GuardView } from '../src/view.ts'
import { DEAD, HEALTHY, SICK } from './verdicts.ts'
import { A, B, guardView, member, pieceView, serverView } from './views.ts'

const SERIES = /^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})? (-?[0-9.e+-]+|NaN|\+Inf)$/
const WALL_MS = Date.parse('2030-01-01T00:00:00Z')
const NOTHING: Pass = { applied: [], failures: [] }

/** Metrics of a guard of A and B; what it sees can be replaced. */
class Subject {
  view: GuardView = guardView()
  kernel: () => readonly DestinationEntry[] | undefined = () => []
  readonly metrics = new Metrics({
    version: '1.2.3',
    servers: [A, B],
    view: () => this.view,
    kernel: () => this.kernel(),
    wallClock: () => WALL_MS,
  })

  /** Every series with its value; throws on a line that Prometheus would not read. */
  async scrape(): Promise<Map<string, number>> {
    const text = await this.metrics.text()
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(
      lines.map((line) => {
        const [, name = '', labels = '', value] = SERIES.exec(line) ?? []
        if (value === undefined) throw new Error(`not the format of Prometheus: ${line}`)
        return [name + labels, Number(value)]
      }),
    )
  }

  async value(series: string): Promise<number | undefined> {
    return (await this.scrape()).get(series)
  }
}

function step(piece: PieceName, kind: StepKind): Step {
  return { piece, kind, subject: 'x', found: 'y', apply: () => undefined }
}

describe('Metrics', () => {
  it('has every series of every server before anything happens', async () => {
    const subject = new Subject()
    const unknown = { state: 'unknown', wantedWeight: undefined } as const
    subject.view = guardView({
      ready: false,
      servers: [serverView(A, unknown), serverView(B, unknown)],
      pieces: PIECES.map((piece) => pieceView(piece, { ok: false })),
    })
    const born = await subject.scrape()
    const zero = [
      'lvscare_all_down',
      'lvscare_ready',
      'lvscare_kernel_read_errors_total',
      'lvscare_pass_duration_seconds_count',
      'lvscare_last_pass_timestamp_seconds',
    ]
    for (const server of [A, B]) {
      for (const outcome of ['healthy', 'sick', 'dead', 'inconclusive'])
        zero.push(`lvscare_probes_total{server="${server}",outcome="${outcome}"}`)
      for (const state of ['unknown', 'up', 'draining', 'down'])
        zero.push(`lvscare_transitions_total{server="${server}",state="${state}"}`)
      for (const state of ['up', 'draining', 'down'])
        zero.push(`lvscare_server_state{server="${server}",state="${state}"}`)
      for (const name of ['weight', 'wanted_weight', 'active_connections', 'inactive_connections'])
        zero.push(`lvscare_server_${name}{server="${server}"}`)
      for (const name of [
        'connections',
        'incoming_packets',
        'outgoing_packets',
        'incoming_bytes',
        'outgoing_bytes',
      ])
        zero.push(`lvscare_server_${name}_total{server="${server}"}`)
      zero.push(`lvscare_probe_duration_seconds_count{server="${server}"}`)
      expect(born.get(`lvscare_server_state{server="${server}",state="unknown"}`)).toBe(1)
    }
    for (const piece of PIECES) {
      zero.push(`lvscare_path_ok{piece="${piece}"}`, `lvscare_repairs_total{piece="${piece}"}`)
      zero.push(`lvscare_steps_total{piece="${piece}",kind="observe",result="failed"}`)
      for (const kind of STEP_KINDS[piece])
        for (const result of ['applied', 'failed'])
          zero.push(`lvscare_steps_total{piece="${piece}",kind="${kind}",result="${result}"}`)
    }
    for (const series of zero) expect([series, born.get(series)]).toEqual([series, 0])
    expect(born.get('lvscare_build_info{version="1.2.3"}')).toBe(1)
  })

  it('gets no new series by anything that can happen to configured servers', async () => {
    const subject = new Subject()
    const born = [...(await subject.scrape()).keys()]
    const local = { outcome: 'inconclusive', reason: 'local', detail: 'EMFILE', ms: 1 } as const
    for (const verdict of [HEALTHY, SICK, DEAD, local]) subject.metrics.observeProbe(A, verdict)
    subject.metrics.observeTransition(B, 'down')
    const failures = [{ piece: 'servers', step: undefined, error: new Error('x') }] as const
    subject.metrics.observePass({ applied: [step('route', 'add-route')], failures }, 1)
    subject.kernel = () => [
      member({ address: '192.0.2.1', port: 6443 }),
      member({ address: '192.0.2.9', port: 1 }),
    ]
    const later = [...(await subject.scrape()).keys()]
    expect(later.sort()).toEqual(born.sort())
  })

  it('counts probes by outcome, and their duration in seconds', async () => {
    const subject = new Subject()
    for (const verdict of [HEALTHY, HEALTHY, SICK]) subject.metrics.observeProbe(A, verdict)
    const seen = await subject.scrape()
    expect(seen.get(`lvscare_probes_total{server="${A}",outcome="healthy"}`)).toBe(2)
    expect(seen.get(`lvscare_probes_total{server="${A}",outcome="sick"}`)).toBe(1)
    expect(seen.get(`lvscare_probes_total{server="${B}",outcome="healthy"}`)).toBe(0)
    expect(seen.get(`lvscare_probe_duration_seconds_sum{server="${A}"}`)).toBeCloseTo(0.01)
  })

  it('shows exactly one state of each server, and the weight that is wanted for it', async () => {
    const subject = new Subject()
    const states: State[] = ['unknown', 'up', 'draining', 'down']
    for (const state of states) {
      subject.view = guardView({ servers: [serverView(A, { state, wantedWeight: 3 }), serverView(B)] })
      const seen = await subject.scrape()
      for (const other of states)
        expect(seen.get(`lvscare_server_state{server="${A}",state="${other}"}`)).toBe(other === state ? 1 : 0)
      expect(seen.get(`lvscare_server_wanted_weight{server="${A}"}`)).toBe(3)
    }
    subject.view = guardView({ servers: [serverView(A, { wantedWeight: undefined })] })
    expect(await subject.value(`lvscare_server_wanted_weight{server="${A}"}`)).toBe(0)
  })

  it('counts transitions and steps, and says when the last pass was', async () => {
    const subject = new Subject()
    subject.metrics.observeTransition(B, 'down')
    const refused = step('servers', 'set-server')
    const failures = [
      { piece: 'servers', step: refused, error: new Error('x') },
      { piece: 'route', step: undefined, error: new Error('x') },
    ] as const
    const applied = [step('route', 'add-route'), step('servers', 'add-server')]
    subject.metrics.observePass({ applied, failures }, 250)
    const seen = await subject.scrape()
    expect(seen.get(`lvscare_transitions_total{server="${B}",state="down"}`)).toBe(1)
    for (const labels of [
      'piece="route",kind="add-route",result="applied"',
      'piece="servers",kind="add-server",result="applied"',
      'piece="servers",kind="set-server",result="failed"',
      'piece="route",kind="observe",result="failed"',
    ])
      expect([labels, seen.get(`lvscare_steps_total{${labels}}`)]).toEqual([labels, 1])
    expect(seen.get('lvscare_pass_duration_seconds_sum')).toBeCloseTo(0.25)
    expect(seen.get('lvscare_last_pass_timestamp_seconds')).toBe(WALL_MS / 1000)
  })

  it('shows what is true of the guard and its path', async () => {
    const subject = new Subject()
    expect(await subject.value('lvscare_active')).toBe(1)
    expect(await subject.value('lvscare_ready')).toBe(1)
    const pieces = [pieceView('route', { ok: false, error: 'x', repairs: 7 }), pieceView('service')]
    subject.view = guardView({ active: false, ready: false, allDown: true, pieces })
    const seen = await subject.scrape()
    expect(seen.get('lvscare_active')).toBe(0)
    expect(seen.get('lvscare_ready')).toBe(0)
    expect(seen.get('lvscare_all_down')).toBe(1)
    expect(seen.get('lvscare_path_ok{piece="route"}')).toBe(0)
    expect(seen.get('lvscare_path_ok{piece="service"}')).toBe(1)
    expect(seen.get('lvscare_repairs_total{piece="route"}')).toBe(7)
    subject.view = guardView({ pieces: [pieceView('route', { repairs: 8 })] })
    expect(await subject.value('lvscare_repairs_total{piece="route"}')).toBe(8)
  })

  it('has no path series of a piece that this guard does not keep', async () => {
    expect(await new Subject().value('lvscare_path_ok{piece="device"}')).toBeUndefined()
  })

  it('says nothing of a certificate it has not seen, then when it ends and in how many days', async () => {
    const subject = new Subject()
    const [expiry, days] = ['expiry_timestamp_seconds', 'daysleft'].map(
      (name) => `lvscare_server_certificate_${name}{server="${A}"}`,
    )
    expect((await subject.scrape()).has(expiry ?? '')).toBe(false)
    const expiresMs = WALL_MS + 36 * 3_600_000
    const certificate = { expiresMs, subject: 'CN=a', issuer: 'CN=ca', names: [] }
    subject.view = guardView({ servers: [serverView(A, { certificate }), serverView(B)] })
    const seen = await subject.scrape()
    expect(seen.get(expiry ?? '')).toBe(expiresMs / 1000)
    expect(seen.get(days ?? '')).toBe(1.5)
    expect(seen.has(`lvscare_server_certificate_daysleft{server="${B}"}`)).toBe(false)
  })

  it('gives each instance a registry of its own', async () => {
    new Subject().metrics.observeProbe(A, DEAD)
    expect(await new Subject().value(`lvscare_probes_total{server="${A}",outcome="dead"}`)).toBe(0)
  })

  it('is not read but by a scrape', async () => {
    const subject = new Subject()
    let reads = 0
    subject.kernel = () => {
      reads += 1
      return []
    }
    for (let n = 0; n < 10; n += 1) subject.metrics.observePass(NOTHING, 1)
    expect(reads).toBe(0)
    await subject.scrape()
    expect(reads).toBe(1)
  })
})

describe('Metrics of the kernel', () => {
  const counted = { activeConnections: 5, inactiveConnections: 2 }
  const stats = { connections: 9n, inPackets: 80n, outPackets: 70n, inBytes: 6000n, outBytes: 2n ** 40n }
  const first = member({ address: '192.0.2.1', port: 6443, weight: 4 }, counted, stats)
  const NAMES = {
    weight: 4,
    active_connections: 5,
    inactive_connections: 2,
    connections_total: 9,
    incoming_packets_total: 80,
    outgoing_packets_total: 70,
    incoming_bytes_total: 6000,
    outgoing_bytes_total: 2 ** 40,
  }

  it('are those of each member, found by its endpoint, IPv6 too', async () => {
    for (const [server, address] of [
      [A, '192.0.2.1'],
      [B, 'fd00::1'],
    ]) {
      const subject = new Subject()
      subject.kernel = () => [{ ...first, address: address ?? '' }]
      const seen = await subject.scrape()
      for (const [name, value] of Object.entries(NAMES))
        expect([name, seen.get(`lvscare_server_${name}{server="${server}"}`)]).toEqual([name, value])
    }
  })

  it('lose weight and connections with the membership, and keep the totals', async () => {
    const subject = new Subject()
    subject.kernel = () => [first]
    await subject.scrape()
    for (const members of [[], undefined]) {
      subject.kernel = () => members
      const seen = await subject.scrape()
      expect(seen.get(`lvscare_server_weight{server="${A}"}`)).toBe(0)
      expect(seen.get(`lvscare_server_active_connections{server="${A}"}`)).toBe(0)
      expect(seen.get(`lvscare_server_connections_total{server="${A}"}`)).toBe(9)
    }
    const anew = member({ address: '192.0.2.1', port: 6443 }, {}, { connections: 1n })
    subject.kernel = () => [anew]
    expect(await subject.value(`lvscare_server_connections_total{server="${A}"}`)).toBe(1)
  })

  it('stay as they were when the counters of a member cannot be read, which are read when they are looked at', async () => {
    const subject = new Subject()
    subject.kernel = () => [first]
    await subject.scrape()
    const garbled = Object.defineProperty({ ...first }, 'stats', {
      enumerable: true,
      get: () => {
        throw new Error('destination.10: expected attribute 1')
      },
    })
    subject.kernel = () => [garbled]
    const seen = await subject.scrape()
    for (const [name, value] of Object.entries(NAMES))
      expect([name, seen.get(`lvscare_server_${name}{server="${A}"}`)]).toEqual([name, value])
    expect(seen.get('lvscare_kernel_read_errors_total')).toBe(1)
  })

  it('stay as they were when the kernel cannot be read, and the scrape goes on and counts it', async () => {
    const subject = new Subject()
    subject.kernel = () => [first]
    await subject.scrape()
    subject.kernel = () => {
      throw new Error('no buffer space')
    }
    const seen = await subject.scrape()
    for (const [name, value] of Object.entries(NAMES))
      expect([name, seen.get(`lvscare_server_${name}{server="${A}"}`)]).toEqual([name, value])
    expect(seen.get('lvscare_kernel_read_errors_total')).toBe(1)
    expect(seen.get(`lvscare_server_state{server="${A}",state="up"}`)).toBe(1)
  })
})
