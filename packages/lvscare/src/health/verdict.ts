/** Why a server that answered nothing useful counts as dead. */
export type DeadReason =
  | 'refused'
  | 'reset'
  | 'unreachable'
  | 'timeout'
  | 'tls'
  | 'certificate-expired'
  | 'certificate-name'
  | 'certificate-authority'
  | 'certificate'
  | 'protocol'
  | 'error'

/** What one probe saw. A sick server is an answer, not an exception. */
export type Verdict =
  | {
      readonly outcome: 'healthy'
      /**
       * `listed`: of 400 and above, but the operator says that it will do. `unauthorized`: it answers, but refuses
       * anonymous health checks with 401 or 403.
       */
      readonly reason: 'ok' | 'listed' | 'unauthorized'
      readonly status: number
      readonly ms: number
    }
  | {
      readonly outcome: 'sick'
      /** `not-ready`: well, but not to get new connections, as its ready path says. */
      readonly reason: 'status' | 'not-ready'
      readonly status: number
      readonly ms: number
    }
  | {
      readonly outcome: 'dead'
      readonly reason: DeadReason
      /** What the socket, TLS or HTTP layer said, on one line. */
      readonly detail: string
      readonly ms: number
    }
  | {
      /** This node lacks something itself, such as file descriptors: nothing was learned about the server. */
      readonly outcome: 'inconclusive'
      readonly reason: 'local'
      readonly detail: string
      readonly ms: number
    }

/** What a {@link Verdict} may say. */
export type Outcome = Verdict['outcome']

/** Every outcome, in the order in which docs and metrics list them. */
export const OUTCOMES: readonly Outcome[] = ['healthy', 'sick', 'dead', 'inconclusive']

const NONE: ReadonlySet<number> = new Set()

/**
 * The verdict on an HTTP status: below 400 or `listed` healthy, 401 and 403 healthy with a remark, any other sick.
 */
export function verdictOfStatus(status: number, ms: number, listed: ReadonlySet<number> = NONE): Verdict {
  if (status < 400) return { outcome: 'healthy', reason: 'ok', status, ms }
  if (listed.has(status)) return { outcome: 'healthy', reason: 'listed', status, ms }
  if (status === 401 || status === 403) return { outcome: 'healthy', reason: 'unauthorized', status, ms }
  return { outcome: 'sick', reason: 'status', status, ms }
}
