import { HostError } from '../../errors.ts'

/** What can be asked of a host. */
export type OperationKind =
  | 'readFile'
  | 'stat'
  | 'list'
  | 'writeFileAtomic'
  | 'makeDirectory'
  | 'remove'
  | 'exec'
  | 'connect'
  | 'rule.observe'
  | 'rule.set'
  | 'rule.clean'

/** One call to a host in memory. */
export interface Operation {
  readonly kind: OperationKind
  /** The path, the program with its arguments, the flags, or `ADDRESS:PORT`. */
  readonly what: string
}

/** Before the effect of an operation, or after it. */
export type Moment = 'before' | 'after'

/** Is called around every operation; what it throws, the operation rejects with. */
export type OperationListener = (operation: Operation, moment: Moment) => void

/** Where something goes wrong. */
export interface Fault {
  /** At the n-th operation from now, beginning with 1. */
  readonly at: number
  /** `before`: it had no effect; `after`: it had, and nobody was told. */
  readonly when: Moment
  /** Which operations count. @default 'all' */
  readonly among?: 'all' | 'changes'
}

/** A program may change anything, so running one counts as a change. */
const CHANGES: ReadonlySet<OperationKind> = new Set<OperationKind>([
  'writeFileAtomic',
  'makeDirectory',
  'remove',
  'exec',
  'rule.set',
  'rule.clean',
])

/** True for what may change the node. */
export function isChange({ kind }: Operation): boolean {
  return CHANGES.has(kind)
}

/** Every operation of a host passes here: it is logged, told to listeners, and fails when it is its turn. */
export class Operations {
  /** Never emptied: faults count by it. */
  readonly log: Operation[] = []
  readonly #host: string
  readonly #listeners: OperationListener[] = []
  #crashed = false

  constructor(host: string) {
    this.#host = host
  }

  listen(listener: OperationListener): void {
    this.#listeners.push(listener)
  }

  /** Fails once at a fault, with `error` if one is given. */
  fail(fault: Fault, error?: Error): void {
    this.#at(fault, ({ kind, what }) => {
      throw error ?? new HostError(`${this.#host}: ${kind} ${what}: failed on purpose (${fault.when})`)
    })
  }

  /** From a fault on nothing is done any more, as if this program had died. */
  crash(fault: Fault): void {
    this.#at(fault, () => {
      this.#crashed = true
      throw this.#crash()
    })
  }

  /** The program was started again. */
  revive(): void {
    this.#crashed = false
  }

  async run<T>(kind: OperationKind, what: string, effect: () => T | Promise<T>): Promise<T> {
    if (this.#crashed) throw this.#crash()
    const operation = { kind, what }
    this.log.push(operation)
    this.#tell(operation, 'before')
    const result = await effect()
    this.#tell(operation, 'after')
    return result
  }

  #at({ at, when, among = 'all' }: Fault, act: (operation: Operation) => void): void {
    const counted = (): Operation[] => (among === 'all' ? this.log : this.log.filter(isChange))
    const place = counted().length + at - 1
    this.listen((operation, moment) => {
      if (moment === when && counted()[place] === operation) act(operation)
    })
  }

  #tell(operation: Operation, moment: Moment): void {
    for (const listener of this.#listeners) listener(operation, moment)
  }

  #crash(): HostError {
    return new HostError(`${this.#host}: the program crashed on purpose`)
  }
}
