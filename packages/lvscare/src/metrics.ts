import type { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { STATES, type State } from './health/server-health.ts'
import { OUTCOMES, type Verdict } from './health/verdict.ts'
import { FailoverMetrics } from './metrics/failover-metrics.ts'
import { Instruments } from './metrics/instruments.ts'
import { KernelMetrics, type ReadMembers } from './metrics/kernel-metrics.ts'
import { ViewMetrics } from './metrics/view-metrics.ts'
import type { Pass } from './pass.ts'
import { PIECES, STEP_KINDS } from './path/step.ts'
import type { GuardView } from './view.ts'

/** Options of {@link Metrics}. */
export interface MetricsOptions {
  readonly version: string
  /** Every configured server: its series are born at zero. */
  readonly servers: readonly string[]
  /** Asked at every scrape. */
  readonly view: () => GuardView
  /** Asked at every scrape. */
  readonly kernel: ReadMembers
  /** Unix time in milliseconds; a test hands in its own. */
  readonly wallClock?: () => number
}

/** From a local answer to the longest default time limit, in seconds. */
const PROBE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** From a pass that finds nothing to do to one that fights the kernel, in seconds. */
const PASS_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1]

/**
 * Everything the guard tells Prometheus; documented in docs/metrics.md.
 *
 * Events are counted when they happen. Whatever can be looked up is looked up by a scrape: passes are many, scrapes few.
 */
export class Metrics {
  /** The registry that `/metrics` prints. */
  readonly registry: Registry
  readonly #options: MetricsOptions
  readonly #wallClock: () => number
  readonly #fromView: ViewMetrics
  readonly #fromKernel: KernelMetrics
  /** What sentinels see, and what becomes of connections. */
  readonly failover: FailoverMetrics
  readonly #probes: Counter
  readonly #probeSeconds: Histogram
  readonly #transitions: Counter
  readonly #steps: Counter
  readonly #passSeconds: Histogram
  readonly #lastPass: Gauge
  #lastPassMs = 0

  constructor(options: MetricsOptions) {
    const { version, servers, wallClock = Date.now } = options
    const make = new Instruments()
    this.registry = make.registry
    this.#options = options
    this.#wallClock = wallClock
    make.gauge('lvscare_build_info', 'Always 1; the version is a label', ['version']).set({ version }, 1)
    this.#fromView = new ViewMetrics(make, servers)
    this.#fromKernel = new KernelMetrics(make, servers)
    this.failover = new FailoverMetrics(make, servers)
    this.#probes = make.counter('lvscare_probes_total', 'Probes by outcome', ['server', 'outcome'])
    this.#probeSeconds = make.histogram(
      'lvscare_probe_duration_seconds',
      'Duration of probes',
      PROBE_BUCKETS,
      ['server'],
    )
    this.#transitions = make.counter('lvscare_transitions_total', 'Changes into a state', ['server', 'state'])
    this.#steps = make.counter('lvscare_steps_total', 'Changes to the kernel by kind and result', [
      'piece',
      'kind',
      'result',
    ])
    this.#passSeconds = make.histogram('lvscare_pass_duration_seconds', 'Duration of passes', PASS_BUCKETS)
    this.#lastPass = make.gauge('lvscare_last_pass_timestamp_seconds', 'Unix time of the last pass')
    this.#begin(servers)
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

  /** Counts one pass, which took `ms` milliseconds. */
  observePass(pass: Pass, ms: number): void {
    this.#lastPassMs = this.#wallClock()
    this.#passSeconds.observe(ms / 1000)
    for (const { piece, kind } of pass.applied) this.#steps.inc({ piece, kind, result: 'applied' })
    for (const { piece, step } of pass.failures)
      this.#steps.inc({ piece, kind: step?.kind ?? 'observe', result: 'failed' })
  }

  /** The exposition format of Prometheus, with the state of this moment. */
  text(): Promise<string> {
    const view = this.#options.view()
    this.#fromView.update(view, this.#wallClock())
    for (const server of view.servers) this.failover.update(server)
    this.#fromKernel.update(this.#options.kernel)
    this.#lastPass.set(this.#lastPassMs / 1000)
    return this.registry.metrics()
  }

  /** Born at zero, so that `increase()` sees the first event. */
  #begin(servers: readonly string[]): void {
    for (const server of servers) {
      for (const outcome of OUTCOMES) this.#probes.inc({ server, outcome }, 0)
      for (const state of STATES) this.#transitions.inc({ server, state }, 0)
      this.#probeSeconds.zero({ server })
    }
    for (const piece of PIECES) {
      this.#steps.inc({ piece, kind: 'observe', result: 'failed' }, 0)
      for (const kind of STEP_KINDS[piece])
        for (const result of ['applied', 'failed']) this.#steps.inc({ piece, kind, result }, 0)
    }
  }
}
