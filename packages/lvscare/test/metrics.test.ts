import { describe, expect, it } from 'vitest'
import type { Pass, PieceName, State, Step } from '../src/index.ts'
import { type FleetView, Metrics } from '../src/metrics.ts'
import { DEAD, HEALTHY, SICK } from './verdicts.ts'

const A = '192.0.2.1:6443'
const B = '[fd00::1]:6443'
const SERIES = /^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})? (-?[0-9.e+-]+|NaN|\+Inf)$/

function metrics(): Metrics {
  return new Metrics({ version: '1.2.3', servers: [A, B] })
}

/** Every series with its value; throws on a line that Prometheus would not read. */
async function scrape(subject: Metrics): Promise<Map<string, number>> {
  const lines = (await subject.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const [, name = '', labels = '', value] = SERIES.exec(line) ?? []
      if (value === undefined) throw new Error(`not the format of Prometheus: ${line}`)
      return [name + labels, Number(value)]
    }),
  )
}

function view(states: Record<string, State>, weights: Record<string, number>, allDown = false): FleetView {
  return { states: new Map(Object.entries(states)), weights: new Map(Object.entries(weights)), allDown }
}

function step(piece: PieceName): Step {
  return { piece, kind: 'set-server', subject: 'x', found: 'y', apply: () => undefined }
}

const NOTHING: Pass = { applied: [], failures: [] }

describe('Metrics', () => {
  it('has every series of every server before anything happens', async () => {
    const born = await scrape(metrics())
    const zero: string[] = [
      'lvscare_all_down',
      'lvscare_pass_duration_seconds_count',
      'lvscare_last_pass_timestamp_seconds',
    ]
    for (const server of [A, B]) {
      for (const outcome of ['healthy', 'sick', 'dead'])
        zero.push(`lvscare_probes_total{server="${server}",outcome="${outcome}"}`)
      for (const state of ['unknown', 'up', 'draining', 'down'])
        zero.push(`lvscare_transitions_total{server="${server}",state="${state}"}`)
      for (const state of ['up', 'draining', 'down'])
        zero.push(`lvscare_server_state{server="${server}",state="${state}"}`)
      zero.push(
        `lvscare_server_weight{server="${server}"}`,
        `lvscare_probe_duration_seconds_count{server="${server}"}`,
      )
      expect(born.get(`lvscare_server_state{server="${server}",state="unknown"}`)).toBe(1)
    }
    for (const piece of ['route', 'service', 'servers'])
      for (const result of ['applied', 'failed'])
        zero.push(`lvscare_steps_total{piece="${piece}",result="${result}"}`)
    for (const series of zero) expect([series, born.get(series)]).toEqual([series, 0])
    expect(born.get('lvscare_build_info{version="1.2.3"}')).toBe(1)
  })

  it('gets no new series by anything that can happen to configured servers', async () => {
    const subject = metrics()
    const born = [...(await scrape(subject)).keys()]
    for (const verdict of [HEALTHY, SICK, DEAD]) subject.observeProbe(A, verdict)
    subject.observeTransition(B, 'down')
    subject.observePass(
      { applied: [step('route')], failures: [] },
      1,
      view({ [A]: 'up', [B]: 'down' }, { [A]: 1 }),
    )
    expect([...(await scrape(subject)).keys()]).toEqual(born)
  })

  it('counts probes by outcome, and their duration in seconds', async () => {
    const subject = metrics()
    for (const verdict of [HEALTHY, HEALTHY, SICK]) subject.observeProbe(A, verdict)
    const seen = await scrape(subject)
    expect(seen.get(`lvscare_probes_total{server="${A}",outcome="healthy"}`)).toBe(2)
    expect(seen.get(`lvscare_probes_total{server="${A}",outcome="sick"}`)).toBe(1)
    expect(seen.get(`lvscare_probes_total{server="${B}",outcome="healthy"}`)).toBe(0)
    expect(seen.get(`lvscare_probe_duration_seconds_sum{server="${A}"}`)).toBeCloseTo(0.01)
  })

  it('shows exactly one state of each server, and its weight or 0', async () => {
    const subject = metrics()
    const states: State[] = ['unknown', 'up', 'draining', 'down']
    for (const state of states) {
      subject.observePass(NOTHING, 1, view({ [A]: state, [B]: 'up' }, { [A]: 3 }))
      const seen = await scrape(subject)
      for (const other of states)
        expect(seen.get(`lvscare_server_state{server="${A}",state="${other}"}`)).toBe(other === state ? 1 : 0)
      expect(seen.get(`lvscare_server_weight{server="${A}"}`)).toBe(3)
      expect(seen.get(`lvscare_server_weight{server="${B}"}`)).toBe(0)
    }
  })

  it('counts transitions and steps, and says when the last pass was and whether all are down', async () => {
    const subject = metrics()
    subject.observeTransition(B, 'down')
    const failures = [{ piece: 'servers', step: undefined, error: new Error('x') }] as const
    subject.observePass({ applied: [step('route'), step('servers')], failures }, 250, view({}, {}, true))
    const seen = await scrape(subject)
    expect(seen.get(`lvscare_transitions_total{server="${B}",state="down"}`)).toBe(1)
    expect(seen.get('lvscare_steps_total{piece="route",result="applied"}')).toBe(1)
    expect(seen.get('lvscare_steps_total{piece="servers",result="applied"}')).toBe(1)
    expect(seen.get('lvscare_steps_total{piece="servers",result="failed"}')).toBe(1)
    expect(seen.get('lvscare_all_down')).toBe(1)
    expect(seen.get('lvscare_pass_duration_seconds_sum')).toBeCloseTo(0.25)
    expect(Math.abs((seen.get('lvscare_last_pass_timestamp_seconds') ?? 0) - Date.now() / 1000)).toBeLessThan(
      60,
    )
    subject.observePass(NOTHING, 1, view({}, {}))
    expect((await scrape(subject)).get('lvscare_all_down')).toBe(0)
  })

  it('gives each instance a registry of its own', async () => {
    metrics().observeProbe(A, DEAD)
    const seen = await scrape(metrics())
    expect(seen.get(`lvscare_probes_total{server="${A}",outcome="dead"}`)).toBe(0)
  })
})
