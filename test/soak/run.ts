import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { FaultWorld } from '../lab/fault-world.ts'
import { membersNow } from '../lab/proc-table.ts'
import type { Random } from '../lab/random.ts'
import { type Series, scrape, sumOf } from '../lab/scrape.ts'
import { waitFor } from '../lab/wait.ts'
import { type Sample, sample } from './sample.ts'
import { type Flatness, flatness } from './verdict.ts'
import { Weather } from './weather.ts'

const ADDRESS = '127.0.0.1:19697'

/** Ten times and more as often as an operator has it. */
const QUICK = ['--interval', '200ms', '--health-timeout', '2s', '--metrics-address', ADDRESS]

const HEAL_LIMIT_MS = 180_000

/** Longest time without a member although a server was healthy: says "stuck", not "slow". */
const EMPTY_LIMIT_MS = 8000

const SAMPLES = 240

/** Fewer say nothing of a trend: a slow machine takes longer instead. */
const MIN_SAMPLES = 12

/** Questions that a guard on a very busy machine may leave unanswered: some, and of all that happens this part. */
const MAX_UNANSWERED = { some: 2, part: 0.01 }

/** Longest pause between two faults. */
const PAUSE_MS = 600

/** What a soak has done and found. */
export interface SoakReport {
  readonly seconds: number
  readonly seed: number
  /** What happened, and how often. */
  readonly faults: number
  readonly faultsByName: Readonly<Record<string, number>>
  /** What the guard did, as its metrics count it. */
  readonly work: Readonly<Record<string, number>>
  readonly longestEmptyMs: number
  readonly slowestAnswerMs: number
  readonly unanswered: readonly string[]
  /** How often each message stands in the log. */
  readonly log: Readonly<Record<string, number>>
  readonly flatness: readonly Flatness[]
  /** Descriptors at rest: before the first fault, and when all are healed. */
  readonly atRest: readonly [before: number, after: number]
  /** What is wrong; nothing when all is as it should be. */
  readonly problems: readonly string[]
}

/** A guard, its world and what becomes of it in bad weather. */
export class Soak {
  readonly samples: Sample[] = []
  readonly #world: FaultWorld
  readonly #random: Random
  readonly #wanted: string

  private constructor(world: FaultWorld, random: Random, wanted: string) {
    this.#world = world
    this.#random = random
    this.#wanted = wanted
  }

  /** Builds the world and starts the guard. */
  static async start(random: Random): Promise<Soak> {
    const world = new FaultWorld(await TestCluster.create('a', 'b', 'c'), QUICK)
    world.startGuard()
    await waitFor('members', HEAL_LIMIT_MS, () => membersNow(VIRTUAL.v4)?.size === 3)
    await waitFor('metrics', HEAL_LIMIT_MS, () => scrape(ADDRESS).catch(() => undefined))
    // Nobody could connect while the guard was starting, which says nothing about the time behind it.
    world.watch.longestMs = 0
    return new Soak(world, random, world.seen())
  }

  /** Faults for so many seconds, then peace, then the verdict. `tell` gets a line for each sample. */
  async run(seconds: number, tell: (line: string) => void): Promise<SoakReport> {
    const before = await this.#descriptorsAtRest()
    const weather = new Weather(this.#world, ADDRESS, this.#random)
    const problems: string[] = []
    try {
      await this.#blow(weather, seconds, tell)
      weather.close()
      await this.#world.healAll()
      await waitFor('the whole rule', HEAL_LIMIT_MS, () => this.#world.seen() === this.#wanted)
    } catch (error) {
      const said = this.#world.guard?.log.slice(-8).map((line) => JSON.stringify(line))
      problems.push([error, this.#world.seen(), ...(said ?? [])].join('\n'))
    }
    const after = await this.#descriptorsAtRest().catch(() => Number.NaN)
    const series = await scrape(ADDRESS).catch(() => new Map<string, number>())
    const report = this.#report(seconds, weather, series, [before, after])
    return { ...report, problems: [...problems, ...this.#problems(report)] }
  }

  /** Ends the guard and takes the world away. */
  async close(): Promise<void> {
    await this.#world.close()
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    await this.#world.cluster.remove()
  }

  async #blow(weather: Weather, seconds: number, tell: (line: string) => void): Promise<void> {
    const start = performance.now()
    const elapsed = (): number => (performance.now() - start) / 1000
    while (elapsed() < seconds || this.samples.length < MIN_SAMPLES) {
      await weather.blow()
      await delay(this.#random.between(0, PAUSE_MS))
      this.#mustLive()
      if (elapsed() < (this.samples.length * seconds) / SAMPLES) continue
      const one = sample(this.#world.guard?.process.pid, elapsed())
      this.samples.push(one)
      tell(JSON.stringify({ ...one, faults: weather.total }))
    }
  }

  /** Throws when the guard has ended by itself. */
  #mustLive(): void {
    if (this.#world.guardState !== 'running') throw new Error(`the guard is ${this.#world.guardState}`)
  }

  /** The least within some seconds, with a connection to each server: what else is under way comes and goes. */
  async #descriptorsAtRest(): Promise<number> {
    const isHeld = async (): Promise<boolean> =>
      sumOf(await scrape(ADDRESS), 'lvscare_sentinel_connected') === this.#world.cluster.servers.length
    await waitFor('connections to all servers', HEAL_LIMIT_MS, isHeld)
    const seen: number[] = []
    for (let n = 0; n < 20; n += 1) {
      seen.push(sample(this.#world.guard?.process.pid, 0).descriptors)
      await delay(250)
    }
    return Math.min(...seen)
  }

  #report(seconds: number, weather: Weather, series: Series, atRest: [number, number]) {
    return {
      ...{ seconds, seed: this.#random.seed, faults: weather.total, atRest },
      faultsByName: Object.fromEntries([...weather.counts].sort()),
      work: {
        passes: sumOf(series, 'lvscare_pass_duration_seconds_count'),
        probes: sumOf(series, 'lvscare_probes_total'),
        handshakes: sumOf(series, 'lvscare_tls_handshakes_total'),
        transitions: sumOf(series, 'lvscare_transitions_total'),
        suspicions: sumOf(series, 'lvscare_suspicions_total'),
        writes: sumOf(series, 'lvscare_steps_total'),
        repairs: sumOf(series, 'lvscare_repairs_total'),
        connectionsReset: sumOf(series, 'lvscare_connections_reset_total'),
      },
      slowestAnswerMs: weather.slowestAnswerMs,
      unanswered: weather.unanswered,
      longestEmptyMs: Math.round(this.#world.watch.longestMs),
      log: this.#messages(),
      flatness: flatness(this.samples),
    }
  }

  #problems({
    flatness: all,
    atRest,
    longestEmptyMs,
    unanswered,
    faults,
    log,
  }: Omit<SoakReport, 'problems'>): string[] {
    const [before, after] = atRest
    const documented = readFileSync(fileURLToPath(new URL('../../docs/errors.md', import.meta.url)), 'utf8')
    const { found, wanted } = this.#world.foreignRules()
    return [
      ...all.filter(({ flat }) => !flat).map((one) => `${one.what} grew from ${one.first} to ${one.last}`),
      ...(after <= before + 1 ? [] : [`descriptors at rest: ${before} before, ${after} after`]),
      ...(longestEmptyMs <= EMPTY_LIMIT_MS ? [] : [`nobody could connect for ${longestEmptyMs} ms`]),
      ...(unanswered.length <= MAX_UNANSWERED.some + faults * MAX_UNANSWERED.part
        ? []
        : [`${unanswered.length} questions unanswered`]),
      ...(found.join() === wanted.join() ? [] : ['rules of others have changed']),
      ...Object.keys(log)
        .filter((message) => !documented.includes(`\`${message}\``))
        .map((message) => `an unknown log record: ${message}`),
      ...(this.#world.guard?.words ?? []).map((line) => `not a log record: ${line}`),
    ]
  }

  #messages(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { msg = '' } of this.#world.guard?.log ?? []) counts[msg] = (counts[msg] ?? 0) + 1
    return counts
  }
}
