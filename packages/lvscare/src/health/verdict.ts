/** Why a server that answered nothing useful counts as dead. */
export type DeadReason = 'refused' | 'reset' | 'unreachable' | 'timeout' | 'tls' | 'protocol' | 'error'

/** What one probe saw. A sick server is an answer, not an exception. */
export type Verdict =
  | {
      readonly outcome: 'healthy'
      /** `unauthorized`: it answers, but refuses anonymous health checks with 401 or 403. */
      readonly reason: 'ok' | 'unauthorized'
      readonly status: number
      readonly ms: number
    }
  | { readonly outcome: 'sick'; readonly reason: 'status'; readonly status: number; readonly ms: number }
  | {
      readonly outcome: 'dead'
      readonly reason: DeadReason
      /** What the socket, TLS or HTTP layer said, on one line. */
      readonly detail: string
      readonly ms: number
    }

/** The verdict on an HTTP status: below 400 healthy, 401 and 403 healthy with a remark, any other sick. */
export function verdictOfStatus(status: number, ms: number): Verdict {
  if (status < 400) return { outcome: 'healthy', reason: 'ok', status, ms }
  if (status === 401 || status === 403) return { outcome: 'healthy', reason: 'unauthorized', status, ms }
  return { outcome: 'sick', reason: 'status', status, ms }
}
