import { memoryUsage } from 'node:process'
import { RuleWeights } from 'lvscare'
import { DEAD, HEALTHY, INCONCLUSIVE, SICK, UNAUTHORIZED } from '../../packages/lvscare/test/verdicts.ts'
import { benchFleet } from '../bench/bench-fleet.ts'
import { benchKeeper } from '../bench/bench-keeper.ts'
import { median } from '../bench/stats.ts'
import { GuardedNode } from '../fuzz/guarded-node.ts'
import { ANSWERS } from '../fuzz/material.ts'
import { SERVERS } from '../fuzz/world.ts'
import type { Random } from '../lab/random.ts'
import { VirtualClock } from './virtual-clock.ts'

/** As in a guard: half a second from pass to pass, five from probe to probe, a scrape every 15. */
const [PASS_MS, PROBE_MS, SCRAPE_MS] = [500, 5000, 15_000]

/** How often in a pass something breaks, and how often the kernel lies during it. */
const [DAMAGE, LIES] = [0.1, 0.02]

/** Ways of a server to be, mostly well. */
const VERDICTS = [HEALTHY, HEALTHY, HEALTHY, UNAUTHORIZED, SICK, DEAD, INCONCLUSIVE]

/** What a guard remembers of routes is asked for again after 20 uses. */
const PASSES_TO_HEAL = 25

/** What of the heap may have come from the first third behind the warm-up to the last. */
const GROWTH_MIB = 2

/** What was done in virtual time, and what it has left behind. */
export interface VirtualReport {
  readonly hours: number
  readonly seed: number
  readonly passes: number
  readonly verdicts: number
  readonly suspicions: number
  readonly damages: number
  readonly lies: number
  /** Records that were logged. */
  readonly records: number
  /** After collection: medians of the first third behind the warm-up and of the last. */
  readonly heapMiB: readonly [first: number, last: number]
  readonly flat: boolean
  /** What is not as it should be at the end. */
  readonly problems: readonly string[]
}

/** Hours of a guard in a bad day: verdicts, suspicions, damage and a kernel that lies, on a clock that does not wait. */
export async function virtualSoak(
  hours: number,
  random: Random,
  collect: () => void,
): Promise<VirtualReport> {
  const clock = new VirtualClock()
  try {
    return await soak(hours, random, collect, clock)
  } finally {
    clock.restore()
  }
}

async function soak(
  hours: number,
  random: Random,
  collect: () => void,
  clock: VirtualClock,
): Promise<VirtualReport> {
  const done = { passes: 0, verdicts: 0, suspicions: 0, damages: 0, lies: 0, records: 0 }
  const servers = SERVERS.map(({ text }) => text)
  const fleet = benchFleet(servers)
  const rule = new RuleWeights(fleet, { slowStartMs: undefined })
  const weights = () => rule.at(performance.now())
  const liar = { random, material: ANSWERS, often: 0.3, endless: 0 }
  const node = new GuardedNode('local', weights, liar)
  const count = (): void => {
    done.records += 1
  }
  const log = { debug: count, info: count, warn: count, error: count }
  const { keeper, metrics } = benchKeeper({
    pieces: node.pieces,
    log,
    fleet,
    servers,
    weights,
    kernel: () => node.read(),
  })
  await keeper.takeSeat()
  const heap: number[] = []
  heal()
  const [own, foreign] = [node.own(), node.foreign()]
  const passes = Math.ceil((hours * 3_600_000) / PASS_MS)
  for (let pass = 1; pass <= passes; pass += 1) {
    clock.pass(PASS_MS)
    if (random.chance(DAMAGE)) {
      node.damage(random)
      done.damages += 1
    }
    node.liar.lying = random.chance(LIES)
    if (node.liar.lying) done.lies += 1
    keeper.pass()
    node.liar.beHonest()
    node.forget()
    for (const server of servers) judge(server)
    if (pass % (SCRAPE_MS / PASS_MS) === 0) await metrics.text()
    if (pass % Math.ceil(passes / 30) === 0) {
      collect()
      heap.push(memoryUsage().heapUsed / 2 ** 20)
    }
  }
  heal()
  const problems = [
    ...(node.own() === own ? [] : [`the rule is ${node.own()}, not ${own}`]),
    ...(node.foreign() === foreign ? [] : ['what belongs to others has changed']),
  ]
  return { hours, seed: random.seed, ...done, passes, ...growth(heap), problems }

  /** Everybody is well, and what was remembered of a lie is asked for again. */
  function heal(): void {
    for (const server of servers) keeper.judge(server, HEALTHY)
    for (let pass = 0; pass < PASSES_TO_HEAL; pass += 1) {
      clock.pass(PASS_MS)
      keeper.pass()
    }
  }

  function judge(server: string): void {
    if (random.chance(0.02)) {
      keeper.suspect(server, { reason: 'reset', detail: 'read ECONNRESET' })
      done.suspicions += 1
      if (random.chance(0.5)) keeper.clear(server)
    }
    if (!random.chance(PASS_MS / PROBE_MS)) return
    keeper.judge(server, random.pick(VERDICTS))
    done.verdicts += 1
  }
}

function growth(heap: readonly number[]): Pick<VirtualReport, 'heapMiB' | 'flat'> {
  const warm = heap.slice(Math.floor(heap.length / 5))
  const third = Math.floor(warm.length / 3)
  const parts = [warm.slice(0, third), warm.slice(-third)]
  const [first = 0, last = 0] = parts.map((part) => Number(median(part).toFixed(2)))
  return { heapMiB: [first, last], flat: last <= first + GROWTH_MIB }
}
