import type { InstallerFinding } from '../validate/finding.ts'

/** What a step is about, in the order of a worker. `check` changes nothing. */
export const STEP_KINDS = [
  'record',
  'directory',
  'modules',
  'sysctls',
  'file',
  'image',
  'hosts',
  'rule',
  'check',
  'manifest',
  'unit',
  'guard',
] as const

/** One of {@link STEP_KINDS}. */
export type StepKind = (typeof STEP_KINDS)[number]

/** What may be told of a step, and is with `--json`. */
export interface StepInfo {
  /** Stable: the kind, and what it is done to, such as `manifest /etc/kubernetes/manifests/x.yaml`. */
  readonly id: string
  readonly kind: StepKind
  /** What it does, in one line. */
  readonly title: string
  /** What there is now; `undefined`: nothing. */
  readonly before: string | undefined
  /** What there will be; `undefined`: nothing. */
  readonly after: string | undefined
  /** It can be taken back. */
  readonly reversible: boolean
}

/** One change to a node, or one check of it. */
export interface PlanStep extends StepInfo {
  /** Does it. The signal ends what can be waited for. */
  readonly run: (signal: AbortSignal) => Promise<void>
  /** Takes it back, also when {@link PlanStep.run} only did a part of it; absent where that cannot be. */
  readonly undo?: () => Promise<void>
}

/** What is to be done on a node. */
export interface Plan {
  /** Name of the host. */
  readonly host: string
  readonly steps: readonly PlanStep[]
  readonly findings: readonly InstallerFinding[]
  /** Nothing is to be changed. Checks alone change nothing. */
  readonly empty: boolean
  /** What will change, for people: a unified diff of every text, one line for everything else; empty text when empty. */
  diff(): string
}

/** How far a step is. */
export interface ApplyEvent {
  readonly type: 'start' | 'done' | 'failed' | 'undo' | 'undone' | 'undo-failed'
  readonly host: string
  readonly step: StepInfo
  /** With `failed` and `undo-failed`. */
  readonly error?: unknown
}

/** How a plan is carried out. */
export interface ApplyOptions {
  /** Nothing is changed: the result has no step. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
  /** Told of every step as it begins and ends. */
  readonly onEvent?: (event: ApplyEvent) => void
}

/** A step that failed, or could not be taken back. */
export interface StepFailure {
  readonly step: StepInfo
  readonly error: unknown
}

/** How it went. */
export interface ApplyResult {
  readonly ok: boolean
  /** What was done and stays. */
  readonly done: readonly StepInfo[]
  /** The step that failed; everything that was done before was taken back. */
  readonly failed: StepFailure | undefined
  /** What was taken back, last first. */
  readonly undone: readonly StepInfo[]
  /** What could not be taken back: the operator has to look after it. */
  readonly notUndone: readonly StepFailure[]
}
