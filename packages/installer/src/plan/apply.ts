import { RefusedError } from '../errors.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import { infoOf } from './make-plan.ts'
import type { ApplyEvent, ApplyOptions, ApplyResult, Plan, PlanStep, StepFailure, StepInfo } from './step.ts'

/** A plan that goes on over whatever fails, because taking back what it did would help nobody. */
export interface PersistentPlan extends Plan {
  readonly onFailure: 'continue'
}

/**
 * Carries a plan out. When a step fails, everything that was done is taken back, last first; of a {@link PersistentPlan}
 * all other steps are done all the same.
 *
 * Throws {@link RefusedError} when the plan has findings that are errors; then nothing was changed. What fails later is in
 * the result. What `onEvent` throws is thrown at the end: it must not leave a node in the middle.
 */
export async function apply(plan: Plan | PersistentPlan, options: ApplyOptions = {}): Promise<ApplyResult> {
  refuse(plan.host, plan.findings)
  if (options.dryRun === true) return NOTHING
  const teller = new Teller(plan.host, options.onEvent)
  const signal = options.signal ?? new AbortController().signal
  const result =
    'onFailure' in plan ? await persist(plan, signal, teller) : await attempt(plan, signal, teller)
  teller.close()
  return result
}

const NOTHING: ApplyResult = { ok: true, done: [], failed: undefined, undone: [], notUndone: [] }

/** Throws {@link RefusedError} with every finding that is an error. */
export function refuse(host: string, findings: readonly InstallerFinding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  const sentences = errors.map(({ code, message, fix }) => `${message} (${code}): ${fix}`)
  throw new RefusedError(`${host}: ${sentences.join('; ')}`)
}

async function attempt({ steps }: Plan, signal: AbortSignal, teller: Teller): Promise<ApplyResult> {
  const begun: PlanStep[] = []
  for (const step of steps) {
    begun.push(step)
    const failed = await teller.run(step, signal)
    if (failed !== undefined) return await takeBack(begun, failed, teller)
  }
  return { ...NOTHING, done: begun.map(infoOf) }
}

/** Takes back what was begun, last first; what cannot be taken back by its nature stays, and is listed as done. */
async function takeBack(
  begun: readonly PlanStep[],
  failed: StepFailure,
  teller: Teller,
): Promise<ApplyResult> {
  const undone: StepInfo[] = []
  const notUndone: StepFailure[] = []
  const done: StepInfo[] = []
  for (const step of begun.toReversed()) {
    const info = infoOf(step)
    // As long as something is left, the record of it must be left too: who cleans up reads it.
    if (step.undo === undefined || (step.kind === 'record' && notUndone.length > 0)) {
      if (info.id !== failed.step.id) done.unshift(info)
      continue
    }
    const failure = await teller.undo(step)
    if (failure === undefined) undone.push(info)
    else notUndone.push(failure)
  }
  return { ok: false, done, failed, undone, notUndone }
}

async function persist({ steps }: Plan, signal: AbortSignal, teller: Teller): Promise<ApplyResult> {
  const done: StepInfo[] = []
  const failures: StepFailure[] = []
  for (const step of steps) {
    // What could not be taken away has to be remembered.
    if (step.kind === 'record' && failures.length > 0) continue
    const failure = await teller.run(step, signal)
    if (failure === undefined) done.push(infoOf(step))
    else failures.push(failure)
  }
  return { ok: failures.length === 0, done, failed: failures[0], undone: [], notUndone: failures }
}

/** Runs steps and tells how far they are. */
class Teller {
  readonly #host: string
  readonly #onEvent: (event: ApplyEvent) => void
  readonly #errors: unknown[] = []

  constructor(host: string, onEvent: ((event: ApplyEvent) => void) | undefined) {
    this.#host = host
    this.#onEvent = onEvent ?? (() => {})
  }

  /** Does a step; the failure if there is one. */
  async run(step: PlanStep, signal: AbortSignal): Promise<StepFailure | undefined> {
    this.#tell('start', step)
    return await this.#attempt(step, ['done', 'failed'], async () => {
      signal.throwIfAborted()
      await step.run(signal)
    })
  }

  /** Takes a step back; the failure if there is one. */
  async undo(step: PlanStep): Promise<StepFailure | undefined> {
    this.#tell('undo', step)
    return await this.#attempt(step, ['undone', 'undo-failed'], async () => await step.undo?.())
  }

  /** Throws what the listener has thrown first. */
  close(): void {
    if (this.#errors.length > 0) throw this.#errors[0]
  }

  async #attempt(
    step: PlanStep,
    [well, badly]: readonly [ApplyEvent['type'], ApplyEvent['type']],
    work: () => Promise<void>,
  ): Promise<StepFailure | undefined> {
    try {
      await work()
    } catch (error) {
      this.#tell(badly, step, error)
      return { step: infoOf(step), error }
    }
    this.#tell(well, step)
    return undefined
  }

  #tell(type: ApplyEvent['type'], step: PlanStep, error?: unknown): void {
    const event = { type, host: this.#host, step: infoOf(step) }
    try {
      this.#onEvent(error === undefined ? event : { ...event, error })
    } catch (thrown) {
      this.#errors.push(thrown)
    }
  }
}
