import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Weights } from './health/fleet.ts'
import { STATES, type State } from './health/server-health.ts'
import type { Verdict } from './health/verdict.ts'
import type { Pass } from './pass.ts'
import { PIECES } from './path/step.ts'

/** What is known of the fleet after a pass. */
export interface FleetView {
  readonly states: ReadonlyMap<string, State>
  readonly weights: Weights
  readonly allDown: boolean
}

/** Options of {@link Metrics}. */
export interface MetricsOptions {
  readonly version: string
  /** Every configured server: its series are born at zero. */
  readonly servers: readonly string[]
}

const OUTCOMES: readonly Verdict['outcome'][] = ['healthy', 'sick', 'dead']

/** From a local answer to the longest default time limit, in seconds. */
const PROBE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** From a pass that finds nothing to do to one that fights the kernel, in seconds. */
const PASS_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1]

/** Everything the guard tells Prometheus; documented in docs/metrics.md. */
export class Metrics {
  /** The registry that `/metrics` prints. */
  readonly registry: Registry = new Registry()
  #fleet: FleetView | undefined
  readonly #state = this.#gauge('lvscare_server_state', '1 for the state that the server is in', [
    'server',
    'state',
  ])
  readonly #weight = this.#gauge(
    'lvscare_server_weight',
    'Weight wanted for the server, 0 when it is no member',
    ['server'],
  )
  readonly #allDown = this.#gauge(
    'lvscare_all_down',
    '1 while no server is healthy and the last good set is kept',
    [],
  )
  readonly #lastPass = this.#gauge('lvscare_last_pass_timestamp_seconds', 'Unix time of the last pass', [])
  readonly #probes = this.#counter('lvscare_probes_total', 'Probes by outcome', ['server', 'outcome'])
  readonly #transitions = this.#counter('lvscare_transitions_total', 'Changes into a state', [
    'server',
    'state',
  ])
  readonly #steps = this.#counter('lvscare_steps_total', 'Changes to the kernel by piece and result', [
    'piece',
    'result',
  ])
  readonly #probeSeconds = this.#histogram(
    'lvscare_probe_duration_seconds',
    'Duration of probes',
    PROBE_BUCKETS,
    ['server'],
  )
  readonly #passSeconds = this.#histogram(
    'lvscare_pass_duration_seconds',
    'Duration of passes',
    PASS_BUCKETS,
    [],
  )

  constructor({ version, servers }: MetricsOptions) {
    this.#gauge('lvscare_build_info', 'Always 1; the version is a label', ['version']).set({ version }, 1)
    for (const server of servers) this.#beginServer(server)
    for (const piece of PIECES) {
      for (const result of ['applied', 'failed']) this.#steps.inc({ piece, result }, 0)
    }
  }

  /** Counts one probe. */
  observeProbe(server: string, { outcome, ms }: Verdict): void {
    this.#probes.inc({ server, outcome })
    this.#probeSeconds.observe({ server }, ms / 1000)
  }

  /** Counts one change of a server's state. */
  observeTransition(server: string, state: State): void {
    this.#transitions.inc({ server, state })
  }

  /** Counts one pass, which took `ms` milliseconds, and shows the fleet as it is after it. */
  observePass(pass: Pass, ms: number, fleet: FleetView): void {
    this.#passSeconds.observe(ms / 1000)
    this.#lastPass.setToCurrentTime()
    this.#fleet = fleet
    for (const { piece } of pass.applied) this.#steps.inc({ piece, result: 'applied' })
    for (const { piece } of pass.failures) this.#steps.inc({ piece, result: 'failed' })
  }

  /** The exposition format of Prometheus. */
  text(): Promise<string> {
    if (this.#fleet !== undefined) this.#show(this.#fleet)
    return this.registry.metrics()
  }

  /** Gauges are set when somebody looks: passes are many, scrapes are few. */
  #show({ states, weights, allDown }: FleetView): void {
    this.#allDown.set(allDown ? 1 : 0)
    for (const [server, current] of states) {
      for (const state of STATES) this.#state.set({ server, state }, state === current ? 1 : 0)
      this.#weight.set({ server }, weights.get(server) ?? 0)
    }
  }

  #beginServer(server: string): void {
    for (const outcome of OUTCOMES) this.#probes.inc({ server, outcome }, 0)
    for (const state of STATES) this.#transitions.inc({ server, state }, 0)
    for (const state of STATES) this.#state.set({ server, state }, state === 'unknown' ? 1 : 0)
    this.#weight.set({ server }, 0)
    this.#probeSeconds.zero({ server })
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] })
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }

  #histogram(name: string, help: string, buckets: number[], labelNames: string[]): Histogram {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] })
  }
}
