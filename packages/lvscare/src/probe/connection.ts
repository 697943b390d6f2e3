import type { HealthConfig } from '../config-health.ts'
import type { Phase } from './connector.ts'

/** What is asked of a server, over and over. */
export type Question = Pick<HealthConfig, 'path' | 'method' | 'headers' | 'body'>

/** Headers of a health answer are small; more is somebody's mistake or malice. */
export const MAX_HEADER_BYTES: number = 16 * 1024

/** A health answer is `ok`; what is longer is read no further, and the connection is dropped. */
export const MAX_BODY_BYTES: number = 64 * 1024

/** What a question goes with. */
export interface Asking {
  /** One deadline covers the whole question. */
  readonly signal: AbortSignal
  /** Told how far the answer has come. */
  readonly onPhase: (phase: Phase) => void
}

/** Speaks HTTP over one socket that was opened for it. */
export interface Connection {
  /** True when it takes no more questions. */
  readonly closed: boolean
  /** Asks, reads the answer to its end, and returns its status. */
  ask(question: Question, asking: Asking): Promise<number>
  /** Asks for a sign of life, for nothing else; absent where the protocol has none. `answered` may never be called. */
  ping?(answered: () => void): void
  /** Ends it. */
  close(): Promise<void>
}
