import type { Piece, PieceName, Step } from './path/step.ts'

/** A step that the kernel refused, or a piece that could not even be looked at (then without a step). */
export interface Failure {
  readonly piece: PieceName
  readonly step: Step | undefined
  readonly error: unknown
}

/** Outcome of one pass. A failed step does not stop the ones after it. */
export interface Pass {
  readonly applied: readonly Step[]
  readonly failures: readonly Failure[]
  /** Steps that somebody else is to do: found by {@link inspect} only. */
  readonly waiting?: readonly Step[]
}

/** Looks at every piece and applies the difference, in order; an unchanged path costs a few reads and no write. */
export function runPass(pieces: readonly Piece[]): Pass {
  return applyAll(pieces, (piece) => piece.plan())
}

/** Looks at every piece, and changes nothing. */
export function inspect(pieces: readonly Piece[]): Pass {
  const waiting: Step[] = []
  const failures: Failure[] = []
  for (const piece of pieces) {
    waiting.push(...(attempt(() => piece.plan(), piece.name, undefined, failures) ?? []))
  }
  return { applied: [], failures, waiting }
}

/** Takes back what the guard made, in reverse order. */
export function undoAll(pieces: readonly Piece[]): Pass {
  return applyAll([...pieces].reverse(), (piece) => piece.undo())
}

/** True for what the path cannot do without: the failure of an optional step only makes it worse. */
export function isEssential({ step }: Failure): boolean {
  return step?.optional !== true
}

/** Those of the pieces that failed. */
export function withFailures(pieces: readonly Piece[], failures: readonly Failure[]): Piece[] {
  return pieces.filter(({ name }) => failures.some(({ piece }) => piece === name))
}

function applyAll(pieces: readonly Piece[], stepsOf: (piece: Piece) => Step[]): Pass {
  const applied: Step[] = []
  const failures: Failure[] = []
  for (const piece of pieces) {
    for (const step of attempt(() => stepsOf(piece), piece.name, undefined, failures) ?? []) {
      attempt(() => applied.push(applyStep(step)), piece.name, step, failures)
    }
  }
  return { applied, failures }
}

function attempt<T>(
  work: () => T,
  piece: PieceName,
  step: Step | undefined,
  failures: Failure[],
): T | undefined {
  try {
    return work()
  } catch (error) {
    failures.push({ piece, step, error })
    return undefined
  }
}

function applyStep(step: Step): Step {
  step.apply()
  return step
}
