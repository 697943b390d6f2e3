import type { Random } from '../lab/random.ts'
import { DECODERS } from './decoders.ts'
import { isDeclared, isDecodeError, shapeOf } from './errors.ts'
import { fuzzGuard } from './guard-target.ts'
import { ANSWERS } from './material.ts'
import { mutate } from './mutate.ts'
import { mutateText } from './mutate-text.ts'
import { READERS } from './readers.ts'

/** An input and what became of it; `input` as hex or text for those that are kept. */
export interface Outcome {
  readonly shape: string
  readonly input?: string
}

/** Something to be fuzzed. */
export interface Target {
  /** Makes an input of that chance; throws where something is wrong. */
  readonly run: (random: Random) => Outcome
  /** The shape of what becomes of an input that was kept; throws where something is wrong. */
  readonly replay: (input: string) => string
}

/** Everything that is fuzzed, by name. */
export const TARGETS: ReadonlyMap<string, Target> = new Map<string, Target>([
  ...Object.entries(DECODERS).map(([name, decode]) => [name, bytesTarget(decode)] as const),
  ...Object.keys(READERS).map((name) => [name, textTarget(name)] as const),
  ['guard', { run: (random) => ({ shape: fuzzGuard(random) }), replay: () => '' }],
])

function bytesTarget(decode: (datagram: Uint8Array) => unknown): Target {
  const shape = (bytes: Uint8Array): string => outcomeOf(() => decode(bytes), isDecodeError)
  return {
    run: (random) => {
      const bytes = mutate(random.pick(ANSWERS), ANSWERS, random)
      return { shape: withInput(() => shape(bytes), hex(bytes)), input: hex(bytes) }
    },
    replay: (input) => shape(Uint8Array.from(Buffer.from(input, 'hex'))),
  }
}

function textTarget(name: string): Target {
  const { samples = [], read, throws } = READERS[name] ?? {}
  const mayThrow = (error: Error): boolean =>
    throws !== undefined && (throws.includes(error.name) || isDeclared(error))
  const shape = (text: string): string => outcomeOf(() => read?.(text), mayThrow)
  return {
    run: (random) => {
      const input = mutateText(random.pick(samples), random)
      return { shape: withInput(() => shape(input), input), input }
    },
    replay: shape,
  }
}

/** What a reader makes of an input: a value, or an error that it may throw. */
function outcomeOf(read: () => unknown, mayThrow: (error: Error) => boolean): string {
  try {
    const value = read()
    return value === undefined ? 'nothing' : 'read'
  } catch (error) {
    if (error instanceof Error && mayThrow(error)) return shapeOf(error)
    throw new Error(`not an error that it may throw: ${shapeOf(error)}`, { cause: error })
  }
}

function withInput(work: () => string, input: string): string {
  try {
    return work()
  } catch (error) {
    throw new Error(`input ${input.slice(0, 20_000)}`, { cause: error })
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
