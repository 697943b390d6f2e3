import type { Phase } from './record.ts'

/** How a plan is made. */
export interface PlanOptions {
  /**
   * Passes over what the operator may decide about: files of somebody else at our paths are replaced, a damaged block or
   * record is written anew, a second guard and foreign lines in /etc/hosts are left alone.
   * @default false
   */
  readonly force?: boolean
  /** Before `kubeadm join`, or after it. @default what the record says, else before */
  readonly phase?: Phase
  /** Leaves out every step that asks a server. @default false */
  readonly skipCheck?: boolean
  /** How long it may take until a server answers through the virtual IP, in milliseconds. @default 30000 */
  readonly checkTimeoutMs?: number
  /** How long a running guard may take to do what its new manifest says, in milliseconds. @default 90000 */
  readonly guardTimeoutMs?: number
  /** Pause between two looks at something that is waited for, in milliseconds. @default 500 */
  readonly pollMs?: number
}

/** The same with nothing left open. */
export interface Timing {
  readonly checkTimeoutMs: number
  readonly guardTimeoutMs: number
  readonly pollMs: number
}

/** The times of a plan; kubelet looks at its manifests every 20 seconds, and has to stop a pod before it starts one. */
export function timingOf({
  checkTimeoutMs = 30_000,
  guardTimeoutMs = 90_000,
  pollMs = 500,
}: PlanOptions): Timing {
  return { checkTimeoutMs, guardTimeoutMs, pollMs }
}
