import type { Pass } from '../../packages/lvscare/src/pass.ts'
import type { Random } from '../lab/random.ts'
import { isDeclared, shapeOf } from './errors.ts'
import { GuardedNode, type Mode } from './guarded-node.ts'
import { ANSWERS } from './material.ts'
import { int } from './mutate.ts'
import { SERVERS } from './world.ts'

/** What a guard remembers of routes is asked for again after 20 uses, of which each pass makes one or more. */
const PASSES_TO_HEAL = 25

/** An action that takes longer than this hangs, for whoever waits. */
const LIMIT_MS = 20_000

/**
 * A guard of a whole rule whose kernel begins to lie: no pass may throw or hang, harm what belongs to others, or take a
 * healthy server out of the rule; and once the kernel is honest again the rule is whole and can be taken back.
 */
export function fuzzGuard(random: Random): string {
  const weights = someWeights(random)
  const node = new GuardedNode(random.pick<Mode>(['local', 'route', 'link']), () => weights, {
    random,
    material: ANSWERS,
    often: random.pick([0.02, 0.1, 0.3, 1]),
    endless: 0.0005,
  })
  const foreign = node.foreign()
  const bare = node.own()
  for (let passes = 0; passes < 3; passes += 1) node.pass()
  mustBeIdle(node.pass())
  const own = node.own()
  const shapes = new Set<string>()
  node.liar.lying = true
  for (let actions = 3 + int(random, 10); actions > 0; actions -= 1) {
    for (const error of act(node, random)) shapes.add(checked(error))
    mustBeSame('what belongs to others', node.foreign(), foreign)
    mustServe(node, weights)
  }
  node.liar.beHonest()
  heal(node, own)
  node.clean()
  mustBeSame('the rule that was taken back', node.own(), bare)
  mustBeSame('what belongs to others, after all', node.foreign(), foreign)
  return [...shapes].sort()[int(random, shapes.size)] ?? 'no error'
}

/** Does one of the things that a guard does, within a limit; returns what failed. */
function act(node: GuardedNode, random: Random): unknown[] {
  const start = performance.now()
  const errors = random.pick([
    () => errorsOf(node.pass()),
    () => errorsOf(node.pass()),
    () => errorsOf(node.look()),
    () => tried(() => node.readOthers()),
    () => tried(() => node.openAgain()),
  ])()
  const ms = performance.now() - start
  if (ms > LIMIT_MS) throw new Error(`an action took ${Math.round(ms)} ms`)
  return errors
}

function tried(work: () => void): unknown[] {
  try {
    work()
    return []
  } catch (error) {
    return [error]
  }
}

function errorsOf({ failures }: Pass): unknown[] {
  return failures.map(({ error }) => error)
}

function checked(error: unknown): string {
  if (isDeclared(error)) return shapeOf(error)
  throw new Error(`not a declared error: ${shapeOf(error)}`, { cause: error })
}

/** Passes with an honest kernel until all is as it was and there is nothing left to do. */
function heal(node: GuardedNode, own: string): void {
  for (let passes = 1; passes < PASSES_TO_HEAL; passes += 1) {
    const { applied, failures } = node.pass()
    if (applied.length + failures.length === 0 && node.own() === own) return
  }
  mustBeIdle(node.pass())
  mustBeSame('the rule', node.own(), own)
}

function mustBeIdle({ applied, failures }: Pass): void {
  const steps = [...applied.map(({ kind }) => kind), ...failures.map(({ error }) => shapeOf(error))]
  if (steps.length > 0) throw new Error(`there is no end to mend: ${steps.join(', ')}`)
}

/** Every healthy server is a member with its weight, whatever the kernel said. */
function mustServe(node: GuardedNode, weights: ReadonlyMap<string, number>): void {
  const members = node.members()
  for (const { address, port, text } of SERVERS) {
    const wanted = weights.get(text) ?? 0
    const [hexAddress, hexPort] = [
      Buffer.from(address.split('.').map(Number)),
      port.toString(16).padStart(4, '0'),
    ]
    const weight = members?.get(`${hexAddress.toString('hex')}:${hexPort}`)
    if (wanted > 0 && weight !== wanted) throw new Error(`${text} has weight ${weight}, not ${wanted}`)
  }
}

function mustBeSame(what: string, now: string | undefined, before: string | undefined): void {
  if (now !== before) throw new Error(`${what} has changed from ${before} to ${now}`)
}

/** The first is healthy; of the others some are drained, and some not there. */
function someWeights(random: Random): Map<string, number> {
  const weights = new Map<string, number>()
  SERVERS.forEach(({ text }, index) => {
    if (index === 0 || random.chance(0.75)) weights.set(text, index === 0 ? 1 : random.pick([1, 1, 0]))
  })
  return weights
}
